/**
 * How late the harness sees a mark. The base-point library stamps what a shell writes to a socket, as
 * it stamps what QEMU's mark port writes: same stamp, same kind of channel, same clock.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';

import { msBetween, now } from '../clock.js';
import { Control } from '../qemu/control.js';
import { pinArguments } from '../qemu/machine.js';
import { repeatedly, unlessAborted, type Probe } from './calibrate.js';
import { measuredEntry } from './entry.js';
import { nativePath, type Tools } from './tools.js';

const label = "from a mark's write in another process to the harness";
const writer = '/bin/sh';
/** It waits before it writes: the harness is asleep when a mark comes, as it is in a start. */
const script = 'while read -r mark; do sleep 0; printf %s "$mark"; done';
/** Standard streams, and the library's control channel. */
const channels = ['pipe', 'pipe', 'ignore', 'pipe'] as const;

/** @param count at most 63: the library keeps 64 stamps */
export function markDelayProbe(tools: Tools, count: number): Probe {
  return {
    label,
    measure: async (signal) => {
      await using shell = new StampedShell(tools);
      return measuredEntry(label, await unlessAborted(shell.delays(count), signal));
    },
  };
}

/** Answers each line with a byte; the library in it stamps the byte as it is written. */
class StampedShell implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #control: Control;
  readonly #input: Writable;
  readonly #ended: Promise<never>;
  #seen: (atNs: bigint) => void = () => undefined;

  constructor(tools: Tools) {
    const args = [
      ...pinArguments(tools.cpus),
      String(tools.pid),
      String(channels.length),
      writer,
      '-c',
      script,
    ];
    const env = {
      PATH: tools.path,
      LD_PRELOAD: nativePath(tools, 'basepoint.so'),
      BASEPOINT_CONTROL: `fd:${channels.length - 1}`,
      BASEPOINT_MARKS: 'fd:1',
    };
    const options = { stdio: [...channels], env, detached: true };
    this.#child = spawn(nativePath(tools, 'basepoint-launch'), args, options);
    const [input, output, , control] = this.#child.stdio as readonly unknown[];
    this.#ended = endOf(this.#child);
    this.#ended.catch(() => undefined);
    this.#input = input as Writable;
    this.#input.on('error', () => undefined);
    this.#control = new Control(control as Duplex);
    (output as Readable).on('data', () => {
      this.#seen(now());
    });
  }

  async delays(count: number): Promise<readonly number[]> {
    await Promise.race([this.#control.hello, this.#ended]);
    // One more: a stamp is kept after its write, so that of the last may not be there yet.
    const seen = await repeatedly(count + 1, () => this.#answer());
    const { marks = [] } = (await this.#control.stamps('self')) ?? {};
    if (marks.length < count) throw new Error(`${writer} left ${marks.length} of ${count} stamps`);
    return seen.slice(0, count).map((atNs, place) => msBetween(marks[place]?.atNs ?? 0n, atNs));
  }

  /** The instant at which the byte came. */
  #answer(): Promise<bigint> {
    const seen = new Promise<bigint>((resolve) => (this.#seen = resolve));
    this.#input.write('+\n');
    return Promise.race([seen, this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.end();
    this.#child.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
    for (const stream of this.#child.stdio) stream?.destroy();
  }
}

/** Rejects when the process has ended, or could not be started. */
async function endOf(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as readonly unknown[];
  throw new Error(`${writer} with the base-point library ended with ${String(signal ?? code)}`);
}
