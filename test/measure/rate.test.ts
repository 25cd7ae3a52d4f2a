import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { msBetween, now } from '../../src/clock.js';
import { InterruptedError } from '../../src/errors.js';
import type { Company } from '../../src/measure/company.js';
import { rateStep, type RateHost } from '../../src/measure/rate.js';
import type { Outcome } from '../../src/measure/sample.js';
import type { Begin } from '../../src/measure/start.js';
import type { PlannedStart } from '../../src/plan/cell.js';
import { home } from '../support/context.js';

const noMachine = () => {
  throw new Error('no machine is begun here');
};

function planned(dueMs: readonly number[]): readonly PlannedStart[] {
  return dueMs.map((due, index) => ({
    ...{ cell: 'x', phase: 'measure', round: 1, member: index + 1, order: index + 1, dueMs: due },
  }));
}

/** A VM that is ready so many ms after it was asked for, and then is gone. */
function vm(readyMs: number, company: Company): Promise<Outcome> {
  const lived = async (): Promise<Outcome> => {
    const startNs = await company.begin((atNs) => atNs ?? 0n);
    await sleep(readyMs);
    company.leave();
    const marks = { ready: msBetween(startNs, now()) };
    const rest = { usage: {}, stages: {}, insideMarks: {}, guestId: '' };
    return { state: 'ok', marks, ...rest };
  };
  return lived();
}

function failure(company: Company): Promise<Outcome> {
  company.leave();
  return Promise.resolve({ state: 'failed', failure: 'no such VM', marks: {}, evidence: '' });
}

function hostOf(replaced: Partial<RateHost> = {}): RateHost {
  return {
    prepare: () => Promise.resolve<Begin>(noMachine),
    start: (_begin, company) => vm(1, company),
    lacking: () => undefined,
    aliveLimit: 1000,
    spawns: false,
    pacemaker: join(home, 'dist/measure/pacemaker-thread.js'),
    ...replaced,
  };
}

const never = new AbortController().signal;
const every = (gapMs: number, count: number) =>
  planned(Array.from({ length: count }, (_, index) => index * gapMs));

describe('a step of a rate', () => {
  it('waits for no VM before it asks for the next one', async () => {
    const begun = now();
    const host = hostOf({ start: (_begin, company) => vm(300, company) });
    const { outcomes, step, lateMs } = await rateStep(every(5, 30), host, never);
    expect(outcomes).toHaveLength(30);
    expect(lateMs).toHaveLength(30);
    // One after another would take 9 s.
    expect(msBetween(begun, now())).toBeLessThan(3000);
    expect(step).toMatchObject({ kind: 'rate', planned: 30, endedBecause: '' });
    expect(step.mostAlive).toBeGreaterThan(10);
  });

  it('counts from the instant at which a VM was due, however late the harness asks', async () => {
    let held = false;
    const host = hostOf({
      start: (_begin, company) => {
        if (!held) {
          held = true;
          // The harness does nothing else for 100 ms: a closed loop would not know of it.
          for (const until = now() + 100_000_000n; now() < until;);
        }
        return vm(1, company);
      },
    });
    const { outcomes, lateMs } = await rateStep(every(10, 8), host, never);
    expect(Math.max(...lateMs)).toBeGreaterThan(75);
    const ready = outcomes.map(({ marks }) => marks.ready ?? NaN);
    lateMs.forEach((late, place) => {
      expect(late).toBeGreaterThanOrEqual(0);
      expect(ready[place]).toBeGreaterThan(late);
    });
  });

  it('knows how busy its own thread was', async () => {
    const busy = hostOf({
      start: (_begin, company) => {
        for (const until = now() + 4_000_000n; now() < until;);
        return vm(1, company);
      },
    });
    const [idle, loaded] = [
      await rateStep(every(5, 30), hostOf(), never),
      await rateStep(every(5, 30), busy, never),
    ];
    expect(loaded.step.harnessBusy).toBeGreaterThan(0.6);
    expect(idle.step.harnessBusy).toBeLessThan(loaded.step.harnessBusy);
  });

  it('ends early when too many are alive; what was prepared for the others is freed', async () => {
    let discarded = 0;
    const begin = Object.assign(noMachine, { discard: () => (discarded += 1) });
    const host = hostOf({
      prepare: () => Promise.resolve<Begin>(begin),
      start: (_begin, company) => vm(500, company),
      aliveLimit: 7,
    });
    const { outcomes, step } = await rateStep(every(2, 40), host, never);
    expect(outcomes).toHaveLength(7);
    expect(step.endedBecause).toBe('7 of its VMs were alive at once (aliveLimit)');
    expect(step.mostAlive).toBe(7);
    expect(discarded).toBe(33);
  });

  it('ends early when most starts fail, and when the host has no more room', async () => {
    const failing = hostOf({ start: (_begin, company) => failure(company) });
    const one = await rateStep(every(1, 40), failing, never);
    expect(one.step.endedBecause).toBe('10 of its starts had failed, the first: no such VM');
    expect(one.outcomes).toHaveLength(10);
    const full = await rateStep(every(1, 5), hostOf({ lacking: () => 'memory: none' }), never);
    expect(full.step).toMatchObject({ endedBecause: 'memory: none', planned: 5 });
    expect(full.outcomes).toEqual([]);
  });

  it('that is interrupted waits for its VMs, and asks for no more', async () => {
    const interrupt = new AbortController();
    let [asked, ended] = [0, 0];
    const host = hostOf({
      start: async (_begin, company) => {
        asked += 1;
        if (asked === 3) interrupt.abort();
        const outcome = await vm(50, company);
        ended += 1;
        return outcome;
      },
    });
    const step = rateStep(every(10, 50), host, interrupt.signal);
    await expect(step).rejects.toThrow(InterruptedError);
    expect(asked).toBeLessThan(6);
    expect(ended).toBe(asked);
  });
});
