/**
 * Says when each of many instants has come. Node.js's own timers count whole milliseconds, and would
 * ask for a VM half a millisecond late on average; a thread that sleeps is 0.1 ms late, and takes next
 * to no processor.
 */
import { Worker } from 'node:worker_threads';

export class Pacemaker implements AsyncDisposable {
  /** How many of the instants have come; -1 until the thread runs. */
  #come = -1;
  #wake: () => void = () => undefined;
  #fail!: (error: Error) => void;
  readonly #failed = new Promise<never>((_, reject) => (this.#fail = reject));

  private constructor(private readonly thread: Worker) {
    this.#failed.catch(() => undefined);
    thread.on('message', (index: number) => {
      this.#come = index + 1;
      this.#wake();
    });
    thread.on('error', this.#fail);
  }

  /** @param file pacemaker-thread.js as it was compiled */
  static async create(file: string): Promise<Pacemaker> {
    const thread = new Worker(file);
    const pacemaker = new Pacemaker(thread);
    // Before the first place there is no instant: this waits for the thread alone.
    await pacemaker.until(-1);
    return pacemaker;
  }

  /** @param dueNs CLOCK_MONOTONIC, ascending; to be called once */
  start(dueNs: readonly bigint[]): void {
    this.thread.postMessage(BigInt64Array.from(dueNs));
  }

  /** Resolves when the instant at this place has come. One waits at a time. */
  async until(place: number): Promise<void> {
    while (this.#come <= place) {
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), this.#failed]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.thread.terminate();
  }
}
