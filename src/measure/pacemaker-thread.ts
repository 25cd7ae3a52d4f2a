/**
 * The thread of a {@link Pacemaker}: says that it is there (-1), sleeps until each
 * instant and then says its number.
 */
import { parentPort } from 'node:worker_threads';

import { now } from '../clock.js';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Atomics.wait takes fractions of a millisecond, and may come back a little early. */
function sleepUntil(atNs: bigint): void {
  for (let leftNs = atNs - now(); leftNs > 0n; leftNs = atNs - now()) {
    Atomics.wait(sleeper, 0, 0, Number(leftNs) / 1e6);
  }
}

parentPort?.postMessage(-1);
parentPort?.on('message', (dueNs: BigInt64Array) => {
  dueNs.forEach((atNs, index) => {
    sleepUntil(atNs);
    parentPort?.postMessage(index);
  });
});
