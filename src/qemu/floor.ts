/** Tier `floor`: the least any VMM needs on this host, by the program in native/floor. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

import { now } from '../clock.js';
import { pinArguments, type Launch } from './machine.js';

export interface FloorLaunch extends Pick<Launch, 'launcher' | 'parentPid'> {
  readonly cpus: string;
  readonly program: string;
  readonly memoryMiB: number;
}

/** The program, waiting to be told to go; each line it answers is one start. */
export class Floor implements AsyncDisposable {
  /** Rejects when the program ends. */
  readonly #ended: Promise<never>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  constructor({ launcher, parentPid, cpus, program, memoryMiB }: FloorLaunch) {
    const args = [
      ...pinArguments(cpus),
      String(parentPid),
      '3',
      program,
      '--memory',
      String(memoryMiB),
    ];
    this.#child = spawn(launcher, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    this.#child.stdout.setEncoding('utf8');
    this.#ended = once(this.#child, 'exit').then(([code]: unknown[]) => {
      throw new Error(`the floor program ended with ${String(code)}`);
    });
    this.#ended.catch(() => undefined);
    this.#child.stdin.on('error', () => undefined);
  }

  /**
   * One start.
   *
   * @throws Error with the program's words when it failed
   */
  async start(
    signal: AbortSignal,
  ): Promise<{ readonly startNs: bigint; readonly readyNs: bigint }> {
    const answer = once(this.#child.stdout, 'data', { signal });
    const startNs = now();
    this.#child.stdin.write('go\n');
    const [line] = (await Promise.race([answer, this.#ended])) as [string];
    const readyNs = now();
    if (line.startsWith('failed')) throw new Error(line.trim());
    return { startNs, readyNs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    await this.#ended.catch(() => undefined);
  }
}
