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

/** What one start was answered, and when. */
interface Answer {
  readonly line: string;
  readonly atNs: bigint;
}

interface Exchange {
  readonly answered: (answer: Answer) => void;
  readonly done: () => void;
}

/** The program, waiting to be told to go; it answers each start with a line, and with `done`. */
export class Floor implements AsyncDisposable {
  /** Rejects when the program ends. */
  readonly #ended: Promise<never>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Those not yet done, in order: a late answer goes to the start that was given up. */
  readonly #exchanges: Exchange[] = [];
  /** The last start is torn down. */
  #idle: Promise<void> = Promise.resolve();
  #rest = '';

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
    this.#child.stdout.on('data', (text: string) => {
      this.#receive(text, now());
    });
    this.#ended = once(this.#child, 'exit').then(([code]: unknown[]) => {
      throw new Error(`the floor program ended with ${String(code)}`);
    });
    this.#ended.catch(() => undefined);
    this.#child.stdin.on('error', () => undefined);
  }

  #receive(text: string, atNs: bigint): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'done') this.#exchanges.shift()?.done();
      else this.#exchanges[0]?.answered({ line, atNs });
    }
  }

  /**
   * One start. Begins when the one before is torn down, and returns when it is itself, so that no
   * start, of whatever tier, has that beside it; the interval ends with the answer.
   *
   * @throws Error with the program's words when it failed
   */
  async start(
    signal: AbortSignal,
  ): Promise<{ readonly startNs: bigint; readonly readyNs: bigint }> {
    const ends = [this.#ended, aborted(signal)];
    await Promise.race([this.#idle, ...ends]);
    const answer = new Promise<Answer>((answered) => {
      this.#idle = new Promise((done) => this.#exchanges.push({ answered, done }));
    });
    const startNs = now();
    this.#child.stdin.write('go\n');
    const { line, atNs } = await Promise.race([answer, ...ends]);
    await Promise.race([this.#idle, ...ends]);
    if (line.startsWith('failed')) throw new Error(line.trim());
    return { startNs, readyNs: atNs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    await this.#ended.catch(() => undefined);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    const fail = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  promise.catch(() => undefined);
  return promise;
}
