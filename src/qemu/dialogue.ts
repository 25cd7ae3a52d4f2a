/** A conversation with a guest outside the measured path: making a template, measuring speed. */
import type { ConsoleReady } from '../ends.js';
import { messageOf } from '../errors.js';
import { ConsoleWatch } from './console-watch.js';
import { evidenceOf, lastWords } from './last-words.js';
import type { MarkListener } from './mark-stream.js';
import { QmpClosed } from './qmp.js';
import type { Running } from './running.js';

/** A code of the mark port, or what the console of a guest without our PID 1 showed. */
type Sign = number | 'line' | 'answer';

interface Waiting {
  readonly code: Sign;
  readonly resolve: (atNs: bigint) => void;
  readonly reject: (error: Error) => void;
}

/** A conversation that came to nothing. Its message is one line. */
export class DialogueFailure extends Error {
  constructor(
    message: string,
    /** Everything that the guest and QEMU said. */
    readonly evidence: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class Dialogue implements MarkListener {
  /** The codes that came. */
  readonly seen = new Set<Sign>();
  #waiting: Waiting | undefined;
  #failure: Error | undefined;
  readonly #watch: ConsoleWatch | undefined;

  /** @param nonce what a guest without our PID 1 is asked with */
  constructor(ready?: ConsoleReady, nonce = '') {
    if (ready === undefined) return;
    this.#watch = new ConsoleWatch(ready, nonce, {
      line: (atNs) => {
        this.mark('line', atNs);
      },
      answer: (atNs) => {
        this.mark('answer', atNs);
      },
    });
  }

  /** Resolves with the instant of the next such mark. One waits at a time. */
  wait(code: Sign): Promise<bigint> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { code, resolve, reject };
    });
  }

  mark(code: Sign, atNs: bigint): void {
    this.seen.add(code);
    if (this.#waiting?.code === code) this.#waiting.resolve(atNs);
  }

  console(chunk: Buffer, atNs: bigint): void {
    this.#watch?.feed(chunk, atNs);
  }

  answer(): void {
    // Nobody asks for one here.
  }

  error(text: string): void {
    this.#failure = new Error(`the guest gave up: ${text}`);
    this.#waiting?.reject(this.#failure);
  }
}

/** Fires at an interrupt, and when the time is up. */
export function timeLimit(timeoutMs: number, interrupt: AbortSignal): AbortSignal {
  const limit = new AbortController();
  setTimeout(() => {
    limit.abort(new Error(`time limit of ${timeoutMs / 1000} s passed`));
  }, timeoutMs).unref();
  return AbortSignal.any([interrupt, limit.signal]);
}

/**
 * Runs a conversation against the clock and the machine's life. A machine that fails is ended.
 *
 * @throws DialogueFailure with what the guest or QEMU, or the container's runtime, said last
 */
export async function within<T>(
  machine: Running,
  talk: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await Promise.race([talk, machine.unexpectedExit(), aborted(signal)]);
  } catch (error) {
    talk.catch(() => undefined);
    const why = error instanceof QmpClosed ? await endOf(machine, signal) : messageOf(error);
    // Once it is gone, all that it said has been read.
    await machine[Symbol.asyncDispose]();
    const words = lastWords(machine);
    const message = words === '' ? why : `${why}: ${words}`;
    throw new DialogueFailure(message, evidenceOf(machine), { cause: error });
  }
}

/** A monitor that closes is the sign of an exit, which says more. */
function endOf(machine: Running, signal: AbortSignal): Promise<string> {
  return Promise.race([machine.unexpectedExit(), aborted(signal)]).catch(messageOf);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
