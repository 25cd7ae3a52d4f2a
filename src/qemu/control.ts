/** Speaks the base-point library's control protocol (native/basepoint/protocol.h). */
import type { Duplex } from 'node:stream';

import { now } from '../clock.js';
import type { Exit, InsideStamps } from './running.js';

/** The library made no clone and says why; the base point is as it was. */
export class CloneRefused extends Error {
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(`the base point refused to be forked (${code}): ${sentence}`);
    this.name = 'CloneRefused';
  }
}

interface Asked {
  readonly cloned: (pid: number) => void;
  readonly refused: (error: Error) => void;
  readonly exited: (exit: Exit) => void;
}

type StampsWaiter = (line: string) => void;

export class Control {
  #rest = '';
  #closed: Error | undefined;
  #gathering = false;
  #parked: (hugeCodeBytes: number) => void = () => undefined;
  readonly #clones = new Map<string, Asked>();
  readonly #stamps = new Map<string, StampsWaiter>();
  /** Resolves with the library's first line. */
  readonly hello: Promise<string>;
  #greet!: (line: string) => void;
  #noGreeting!: (error: Error) => void;

  constructor(private readonly stream: Duplex) {
    this.hello = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#noGreeting = reject;
    });
    this.hello.catch(() => undefined);
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#receive(text);
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#close();
    });
  }

  /**
   * Asks for a clone.
   *
   * @param channels as the protocol has them: `fd:3=connect:@name`
   */
  clone(id: string, channels: readonly string[], asked: Asked): void {
    if (this.#closed) {
      asked.refused(this.#closed);
      return;
    }
    this.#clones.set(id, asked);
    this.stream.write(`clone ${id} ${channels.join(' ')}\n`);
  }

  /** What is asked for until the end of this turn of the event loop is written in one go. */
  gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.stream.cork();
    queueMicrotask(() => {
      this.#gathering = false;
      this.stream.uncork();
    });
  }

  /**
   * Lets the base point's threads stand still from now on: a clone need not wait for them, and QEMU's
   * monitor answers no more.
   *
   * @returns how much of QEMU's code is in huge pages now, in bytes
   * @throws CloneRefused
   */
  park(): Promise<number> {
    const answer = new Promise<number>((resolve, reject) => {
      this.#clones.set('-', { cloned: () => undefined, refused: reject, exited: () => undefined });
      this.#parked = resolve;
    });
    this.stream.write('park\n');
    return answer;
  }

  /** Lets the threads run again. */
  unpark(): void {
    this.stream.write('unpark\n');
  }

  /** Hangs up, which ends the clones and then the base point. */
  end(): void {
    this.stream.destroy();
  }

  kill(id: string): void {
    this.stream.write(`kill ${id}\n`);
  }

  /** What the library stamped in a clone, or in QEMU itself (`self`). */
  stamps(id: string): Promise<InsideStamps | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const answer = new Promise<InsideStamps | undefined>((resolve) => {
      this.#stamps.set(id, (line) => {
        resolve(line === '' ? undefined : parseStamps(line));
      });
    });
    this.stream.write(`stages ${id}\n`);
    return answer;
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const atNs = now();
    for (const line of lines) this.#handle(line, atNs);
  }

  #handle(line: string, atNs: bigint): void {
    const [verb = '', id = '', ...rest] = line.split(' ');
    switch (verb) {
      case 'basepoint':
        this.#greet(line);
        return;
      case 'cloned':
        this.#clones.get(id)?.cloned(Number(valueOf(rest, 'pid')));
        return;
      case 'refused':
      case 'error':
        this.#refuse(id, rest);
        return;
      case 'exited':
        this.#clones.get(id)?.exited(toExit(rest, atNs));
        this.#clones.delete(id);
        return;
      case 'parked':
        this.#clones.delete('-');
        this.#parked(Number(valueOf([id], 'huge')));
        return;
      case 'stages':
        this.#stamps.get(id)?.(line);
        this.#stamps.delete(id);
    }
  }

  #refuse(id: string, [code = '', ...words]: readonly string[]): void {
    this.#stamps.get(id)?.('');
    this.#stamps.delete(id);
    this.#clones.get(id)?.refused(new CloneRefused(code, words.join(' ')));
    this.#clones.delete(id);
  }

  /** The base point has gone, and its clones with it. */
  #close(): void {
    this.#closed ??= new CloneRefused('gone', 'the base point has ended');
    this.#noGreeting(this.#closed);
    const exit = { code: null, signal: 'SIGKILL', atNs: now() };
    for (const asked of this.#clones.values()) {
      asked.refused(this.#closed);
      asked.exited(exit);
    }
    for (const waiter of this.#stamps.values()) waiter('');
    this.#clones.clear();
    this.#stamps.clear();
  }
}

function valueOf(words: readonly string[], key: string): string | undefined {
  return words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
}

function toExit(words: readonly string[], atNs: bigint): Exit {
  const code = valueOf(words, 'code');
  const signal = valueOf(words, 'signal');
  return {
    code: code === undefined ? null : Number(code),
    signal: signal === undefined ? null : `signal ${signal}`,
    atNs,
  };
}

/** `stages ID request=NS ... marks=BYTE@NS,... lost=N`; `-` stands for what did not happen. */
export function parseStamps(line: string): InsideStamps {
  const words = line.split(' ').slice(2);
  const stages: Record<string, bigint> = {};
  for (const word of words) {
    const [key = '', value = ''] = word.split('=');
    if (key !== 'marks' && key !== 'lost' && /^\d+$/.test(value)) stages[key] = BigInt(value);
  }
  const marks = (valueOf(words, 'marks') ?? '').split(',').flatMap((mark) => {
    const [byte = '', at = ''] = mark.split('@');
    return /^\d+$/.test(at) ? [{ code: parseInt(byte, 16), atNs: BigInt(at) }] : [];
  });
  return { stages, marks };
}
