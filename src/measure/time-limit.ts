import { InterruptedError } from '../errors.js';
import { deferred } from './deferred.js';
import { StartFailure } from './start.js';

/** Rejects a start that takes too long, and at an interrupt. What it waits for others does not count. */
export class TimeLimit {
  readonly #expiry = deferred<never>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly interrupt: AbortSignal,
  ) {
    this.expired.catch(() => undefined);
    this.resume();
    if (interrupt.aborted) this.#interrupted();
    interrupt.addEventListener('abort', this.#interrupted, { once: true });
  }

  get expired(): Promise<never> {
    return this.#expiry.promise;
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  /** The whole limit, anew. */
  resume(): void {
    this.#timer = setTimeout(() => {
      const text = `time limit of ${this.timeoutMs / 1000} s passed`;
      this.#expiry.reject(new StartFailure(text));
    }, this.timeoutMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.interrupt.removeEventListener('abort', this.#interrupted);
  }

  readonly #interrupted = () => {
    this.#expiry.reject(new InterruptedError());
  };
}
