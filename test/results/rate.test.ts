import { describe, expect, it } from 'vitest';

import { csvText } from '../../src/csv.js';
import type { RateSample } from '../../src/measure/rate.js';
import type { Sample } from '../../src/measure/sample.js';
import { rateFigures, type Arrived } from '../../src/results/rate-figures.js';
import { rateColumns, readRate, toRateRecord } from '../../src/results/rate.js';
import { cellsOf, failedSample, found, okSample, runId } from './made-run.js';

/** One every 10 ms, for a second; ready as the function says. */
function starts(readyMs: (index: number) => number | undefined): readonly Arrived[] {
  return Array.from({ length: 100 }, (_, index) => ({
    ...{ dueMs: index * 10, lateMs: 0.1, readyMs: readyMs(index) },
  }));
}

describe('the figures of a step', () => {
  it('of a server that is fast enough: what goes in comes out, and no queue grows', () => {
    const figures = rateFigures(
      starts(() => 25),
      1000,
    );
    expect(figures).toMatchObject({ failed: 0, readyP50Ms: 25, readyP95Ms: 25, stable: true });
    // Due at 310 to 330 ms, and at 980 and 990 ms.
    expect(figures).toMatchObject({ backlogThird: 3, backlogEnd: 2, trendMs: 0 });
    expect(figures.achievedPerSecond).toBeCloseTo(100_000 / 1015, 9);
  });

  it('of one that serves 80 where 100 come: the queue grows by 20 a second', () => {
    const figures = rateFigures(
      starts((index) => (index + 1) * 12.5 - index * 10),
      1000,
    );
    expect(figures.stable).toBe(false);
    expect(figures.backlogEnd).toBe(20);
    expect(figures.trendMs).toBeGreaterThan(150);
    expect(figures.achievedPerSecond).toBeCloseTo(80, 9);
  });

  it('of a crowd at the end that nobody waits for are no growing queue', () => {
    const crowded = Array.from({ length: 100 }, (_, index) => ({
      ...{ dueMs: index < 60 ? index * 16 : 960 + index / 10, lateMs: 0.1, readyMs: 60 },
    }));
    expect(rateFigures(crowded, 1000)).toMatchObject({ backlogEnd: 41, stable: true });
  });

  it('count a failure as failed, and in no time', () => {
    const figures = rateFigures(
      starts((index) => (index < 50 ? undefined : 30)),
      1000,
    );
    expect(figures).toMatchObject({ failed: 50, readyP50Ms: 30, readyP95Ms: undefined });
  });

  it('of no start at all are no figures', () => {
    expect(rateFigures([], 0)).toMatchObject({
      ...{ failed: 0, achievedPerSecond: undefined, readyP50Ms: undefined, lateP95Ms: undefined },
    });
  });
});

const [cell] = cellsOf('guest: tiny, tier: cold, memory: 32M, rate: 60').map(found);

function samplesOf(count: number, failed: readonly number[] = []): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const order = index + 1;
    const made = failed.includes(index)
      ? failedSample(found(cell), order)
      : okSample(found(cell), order, 40);
    return { ...made, round: 3, arrival: { dueMs: index * 20, lateMs: 0.25 } };
  });
}

const step: RateSample = {
  ...{ kind: 'rate', round: 3, planned: 120, endedBecause: '', mostAlive: 5, harnessBusy: 0.25 },
};

describe('a row of rate.csv', () => {
  it('has its cell, what was asked for and what came of it', () => {
    const row = toRateRecord(runId, step, samplesOf(120, [7]), found(cell));
    expect(Object.keys(row).sort()).toEqual([...rateColumns].sort());
    expect(row).toMatchObject({
      ...{ cell: 'cold/tiny/kvm/32M', rate: '60', arrivals: 'poisson', round: '3', asked: '120' },
      ...{ started: '120', failed: '1', step_ms: '2000', ready_p50_ms: '40', ready_p95_ms: '40' },
      ...{ late_p50_ms: '0.25', harness_busy: '0.25', alive_most: '5', stable: 'yes' },
    });
  });

  it('of a step that ended early says why, and is never called stable', () => {
    const early = { ...step, endedBecause: '5 of its VMs were alive at once (aliveLimit)' };
    const row = toRateRecord(runId, early, samplesOf(10), found(cell));
    expect(row).toMatchObject({ asked: '120', started: '10', step_ms: '180', stable: 'no' });
    expect(row['ended_because']).toContain('aliveLimit');
    expect(row['ready_p95_ms']).toBe('');
  });

  it('is read back; of a step that was done again the last counts', () => {
    const row = toRateRecord(runId, step, samplesOf(120), found(cell));
    const again = { ...row, failed: '3' };
    const read = readRate(csvText([row, { ...row, round: '4' }, again], rateColumns));
    expect(read.map(({ round, failed }) => [round, failed])).toEqual([
      ['3', '3'],
      ['4', '0'],
    ]);
  });

  it.each([
    ['rate', 'line 2: "rate" must be a number'],
    ['backlog_end', 'line 2: "backlog_end" must be a number'],
  ])('without its %s is refused', (column, problem) => {
    const row = { ...toRateRecord(runId, step, samplesOf(120), found(cell)), [column]: '' };
    expect(() => readRate(csvText([row], rateColumns))).toThrow(`rate.csv: ${problem}`);
  });

  it('under another header is refused', () => {
    expect(() => readRate('a,b\n1,2\n')).toThrow('rate.csv: line 1: column 1 must be "run_id"');
  });
});
