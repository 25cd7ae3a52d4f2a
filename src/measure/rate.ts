/**
 * A step of a rate: VMs asked for at instants that were fixed before, each ending after its work. The
 * load is open: nobody waits for a VM before asking for the next one, and what a VM waits for those
 * before it, or for a harness that is late, is in its time, which counts from the instant at which it
 * was due. A queue that grows without bound ends the step before it ends the host.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { msBetween, now } from '../clock.js';
import { InterruptedError } from '../errors.js';
import type { PlannedStart } from '../plan/cell.js';
import type { Company } from './company.js';
import { Pacemaker } from './pacemaker.js';
import type { Outcome } from './sample.js';
import type { Begin } from './start.js';

/** What one step was, beside its VMs' own figures. */
export interface RateStep {
  readonly kind: 'rate';
  readonly planned: number;
  /** Why it were fewer; empty where all that were planned were asked for. */
  readonly endedBecause: string;
  /** Of its VMs: asked for and not ended. */
  readonly mostAlive: number;
  /** Part of the time of asking in which the harness's only thread was at work, 0 to 1. */
  readonly harnessBusy: number;
}

/** A step as it is recorded. */
export type RateSample = RateStep & { readonly round: number };

export interface RateResult {
  readonly outcomes: readonly Outcome[];
  /** By how much each was asked for later than it was due. */
  readonly lateMs: readonly number[];
  readonly step: RateStep;
}

/** What a step needs of its surroundings. */
export interface RateHost {
  /** Everything of a start that comes before it. */
  readonly prepare: () => Promise<Begin>;
  /** Settles when the VM has ended, or rejects at an interrupt. */
  readonly start: (begin: Promise<Begin>, company: Company) => Promise<Outcome>;
  /** Undefined where the host has room for more. */
  readonly lacking: () => string | undefined;
  readonly aliveLimit: number;
  /** Each in a turn of the event loop of its own: a spawn takes a millisecond or two. */
  readonly spawns: boolean;
  /** The compiled thread of the pacemaker. */
  readonly pacemaker: string;
}

/** From the last preparation to the beginning of the step, for all to come to rest. */
const restMs = 100;

/** More failures than this are no load any more. */
const mostFailures = 10;

/** Looking at the host's memory costs the harness some 0.2 ms. */
const lookEveryMs = 100;

/** @param planned the starts of the step in the order in which they are due */
export async function rateStep(
  planned: readonly PlannedStart[],
  host: RateHost,
  interrupt: AbortSignal,
): Promise<RateResult> {
  await using pacemaker = await Pacemaker.create(host.pacemaker);
  const begins = planned.map(() => host.prepare());
  await Promise.allSettled(begins);
  const flow = new Flow(host);
  const atNs = now() + BigInt(restMs) * 1_000_000n;
  const dueNs = planned.map(({ dueMs }) => atNs + BigInt(Math.round(dueMs * 1e6)));
  const interrupted = whenAborted(interrupt);
  try {
    pacemaker.start(dueNs);
    await Promise.race([pacemaker.until(0), interrupted.promise]);
    const before = performance.eventLoopUtilization();
    let endedBecause: string | undefined;
    for (const [place, due] of dueNs.entries()) {
      await Promise.race([pacemaker.until(place), interrupted.promise]);
      endedBecause = flow.full();
      if (endedBecause !== undefined) break;
      flow.ask(begins[place] ?? host.prepare(), due);
      if (host.spawns) await nextTurn();
    }
    const { utilization: harnessBusy } = performance.eventLoopUtilization(before);
    const outcomes = await flow.ended();
    const { lateMs, mostAlive } = flow;
    const step = {
      planned: planned.length,
      endedBecause: endedBecause ?? '',
      mostAlive,
      harnessBusy,
    };
    return { outcomes, lateMs, step: { kind: 'rate', ...step } };
  } finally {
    interrupted.forget();
    await flow.abandon();
    await discard(begins.slice(flow.lateMs.length));
  }
}

/** Those that were prepared and never asked for. */
async function discard(begins: readonly Promise<Begin>[]): Promise<void> {
  for (const begin of await Promise.allSettled(begins)) {
    if (begin.status === 'fulfilled') begin.value.discard?.();
  }
}

function whenAborted(signal: AbortSignal) {
  let abort!: () => void;
  const promise = new Promise<never>((_, reject) => {
    abort = () => {
      reject(new InterruptedError());
    };
  });
  promise.catch(() => undefined);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    promise,
    forget: () => {
      signal.removeEventListener('abort', abort);
    },
  };
}

/** The VMs of a step, as they come and go. */
class Flow {
  readonly lateMs: number[] = [];
  mostAlive = 0;
  readonly #outcomes: Promise<Outcome>[] = [];
  #alive = 0;
  #failures: string[] = [];
  #lookedNs = 0n;

  constructor(private readonly host: RateHost) {}

  /** Why no more may be asked for. */
  full(): string | undefined {
    const { aliveLimit, lacking } = this.host;
    if (this.#alive >= aliveLimit)
      return `${aliveLimit} of its VMs were alive at once (aliveLimit)`;
    const [first] = this.#failures;
    if (this.#failures.length >= mostFailures && first !== undefined)
      return `${this.#failures.length} of its starts had failed, the first: ${first}`;
    if (msBetween(this.#lookedNs, now()) < lookEveryMs) return undefined;
    this.#lookedNs = now();
    return lacking();
  }

  ask(begin: Promise<Begin>, dueNs: bigint): void {
    const place = this.lateMs.push(msBetween(dueNs, now())) - 1;
    this.#alive += 1;
    this.mostAlive = Math.max(this.mostAlive, this.#alive);
    const outcome = this.host.start(begin, {
      begin: (act) => {
        this.lateMs[place] = msBetween(dueNs, now());
        return new Promise((resolve) => {
          resolve(act(dueNs));
        });
      },
      rest: () => Promise.resolve(),
      lookedAt: () => Promise.resolve(),
      leave: () => {
        this.#alive -= 1;
      },
      isLookedAt: false,
    });
    this.#outcomes.push(outcome);
    outcome.then(
      (ended) => {
        if (ended.state === 'failed') this.#failures.push(ended.failure);
      },
      () => undefined,
    );
  }

  ended(): Promise<readonly Outcome[]> {
    return Promise.all(this.#outcomes);
  }

  /** After an interrupt: waits until all are gone. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#outcomes);
  }
}
