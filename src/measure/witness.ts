/** Keeps what one guest tells of itself while it is observed, in the harness's own time. */
import { msBetween } from '../clock.js';
import type { Drawn, Observed } from '../qemu/evidence.js';
import type { Observation } from './sample.js';

interface Heard {
  readonly drawn: Drawn;
  readonly ready: boolean;
}

export class Witness {
  readonly #heard: Heard[] = [];
  #observed: { readonly observed: Observed; readonly hostRealtimeMs: number } | undefined;
  /** The same instant on the guest's clock and on ours: when the first draw was heard. */
  #anchor: { readonly guestNs: bigint; readonly hostNs: bigint } | undefined;

  /** @param ready whether the guest had said that it is ready */
  drew(drawn: Drawn, atNs: bigint, ready: boolean): void {
    this.#anchor ??= { guestNs: drawn.guestNs, hostNs: atNs };
    this.#heard.push({ drawn, ready });
  }

  saw(observed: Observed): void {
    this.#observed = { observed, hostRealtimeMs: Date.now() };
  }

  /**
   * What was told; undefined where the guest was not observed.
   *
   * @param fromNs CLOCK_MONOTONIC of the instant that times count from
   * @param generationId as QEMU tells it, where it has one
   */
  observation(fromNs: bigint, generationId: string): Observation | undefined {
    if (this.#anchor === undefined || this.#observed === undefined) return undefined;
    const { guestNs, hostNs } = this.#anchor;
    // The draws of one read arrive together; between them the guest's clock is the better one.
    const atMs = (ns: bigint) => msBetween(fromNs, hostNs) + msBetween(guestNs, ns);
    const { observed, hostRealtimeMs } = this.#observed;
    return {
      draws: this.#heard.map(({ drawn, ready }) => ({
        atMs: atMs(drawn.guestNs),
        random: drawn.random,
        ready,
      })),
      observedMs: atMs(observed.guestNs),
      realtimeOffsetMs: Number(observed.realtimeNs) / 1e6 - hostRealtimeMs,
      boottimeMs: Number(observed.boottimeNs) / 1e6,
      fields: observed.fields,
      generationId,
    };
  }
}
