/** What spawning costs by itself: the same call, launcher and channels as of a QEMU, and no QEMU. */
import { msBetween } from '../clock.js';
import { Machine } from '../qemu/machine.js';
import { repeatedly, unlessAborted, type Probe } from './calibrate.js';
import { measuredEntry, spawningLabel } from './entry.js';
import { nativePath, plainLaunch, type Tools } from './tools.js';

export function spawningProbe(tools: Tools, count: number): Probe {
  return {
    label: spawningLabel,
    measure: async (signal) =>
      measuredEntry(spawningLabel, await repeatedly(count, () => spawnOnce(tools, signal))),
  };
}

/** The fake QEMU: without orders, a mark is among the first things it writes. */
async function spawnOnce(tools: Tools, signal: AbortSignal): Promise<number> {
  let first!: (atNs: bigint) => void;
  const marked = new Promise<bigint>((resolve) => (first = resolve));
  const ignored = () => undefined;
  const listener = {
    mark: (_code: number, atNs: bigint) => {
      first(atNs);
    },
    answer: ignored,
    error: ignored,
  };
  const launch = plainLaunch(tools, nativePath(tools, 'fake-qemu'), []);
  await using machine = Machine.spawn(() => launch, listener);
  const seenNs = await unlessAborted(Promise.race([marked, machine.unexpectedExit()]), signal);
  return msBetween(machine.startNs, seenNs);
}
