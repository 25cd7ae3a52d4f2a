/** A conversation with a guest outside the measured path: making a template, measuring speed. */
import { messageOf } from '../errors.js';
import type { MarkListener } from './mark-stream.js';
import type { Running } from './running.js';

interface Waiting {
  readonly code: number;
  readonly resolve: (atNs: bigint) => void;
  readonly reject: (error: Error) => void;
}

export class Dialogue implements MarkListener {
  #waiting: Waiting | undefined;
  #failure: Error | undefined;

  /** Resolves with the instant of the next such mark. One waits at a time. */
  wait(code: number): Promise<bigint> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { code, resolve, reject };
    });
  }

  mark(code: number, atNs: bigint): void {
    if (this.#waiting?.code === code) this.#waiting.resolve(atNs);
  }

  answer(): void {
    // Nobody asks for one here.
  }

  error(text: string): void {
    this.#failure = new Error(`the guest gave up: ${text}`);
    this.#waiting?.reject(this.#failure);
  }
}

/**
 * Runs a conversation against the clock and the machine's life.
 *
 * @throws Error with what the guest or QEMU, or the container's runtime, said last
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
    const words = (machine.stderr + machine.consoleText).trim().split('\n').slice(-20).join('\n  ');
    throw new Error(
      `${messageOf(error)}\n  command: ${machine.command}\n  last output: ${words || 'none'}`,
      { cause: error },
    );
  }
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
