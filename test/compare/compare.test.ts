import { describe, expect, it } from 'vitest';

import { outcomeOf } from '../../src/compare/outcome.js';
import { dominantStage } from '../../src/compare/stages.js';
import { found } from '../results/made-run.js';
import { cold, compared, forkLoaded, sideOf, startsOf, type Start } from './made-sides.js';

/** Times around a centre, evenly spread by this much to either side. */
function around(ms: number, n = 40, spread = 0.2): readonly Start[] {
  return startsOf(Array.from({ length: n }, (_, i) => ms + spread * ((2 * i) / (n - 1) - 1)));
}

function ofOneCell(base: readonly Start[], candidate: readonly Start[]) {
  const comparison = compared(
    sideOf('a', [[forkLoaded, base]]),
    sideOf('b', [[forkLoaded, candidate]]),
  );
  const cell = found(comparison.cells[0]);
  return { comparison, cell, ready: cell.metrics.find(({ metric }) => metric.name === 'ready') };
}

describe('the verdict on a shift', () => {
  it('is regressed or improved above the floor, and says by how much', () => {
    const slower = found(ofOneCell(around(5), around(8)).ready);
    expect(slower.verdict).toBe('regressed');
    expect(slower.shift.estimate).toBeCloseTo(3, 6);
    expect(slower.relative).toBeCloseTo(0.6, 6);
    expect(slower.effect.delta).toBe(1);
    expect(slower.because).toMatch(/^the shift of \+3\.00 ms is above the floor of 0\.50 ms/);
    const faster = found(ofOneCell(around(8), around(5)).ready);
    expect([faster.verdict, faster.mayBeWorse]).toEqual(['improved', false]);
  });

  it('needs both floors: 0.4 ms of 5 ms is 8 %, and 3 ms of 100 ms is more than 0.5 ms', () => {
    const absolute = found(ofOneCell(around(5), around(5.4)).ready);
    expect(absolute.pAdjusted).toBeLessThan(0.001);
    expect([absolute.verdict, absolute.because]).toEqual([
      'within noise',
      'a difference there is, but the shift is surely below the floor of 0.50 ms',
    ]);
    expect(ofOneCell(around(100), around(103)).ready?.verdict).toBe('within noise');
    expect(ofOneCell(around(100), around(106)).ready?.verdict).toBe('regressed');
  });

  it('is inconclusive, not within noise, where the interval reaches past the floor', () => {
    const wide = found(ofOneCell(around(60, 20, 20), around(60, 20, 20)).ready);
    expect([wide.verdict, wide.mayBeWorse]).toEqual(['inconclusive', true]);
    expect(wide.because).toMatch(/the floor is 3\.00 ms: about \d+ samples a side would tell/);
    const few = found(ofOneCell(around(5, 3), around(5, 3)).ready);
    expect(few.because).toBe('3 and 3 samples are too few for an interval of the shift');
  });

  it('stops nobody where what is not sure can only be faster', () => {
    const { ready } = ofOneCell(around(60, 14, 9), around(55.5, 14, 9));
    expect([ready?.verdict, ready?.mayBeWorse]).toEqual(['inconclusive', false]);
  });
});

describe('starts that failed', () => {
  const failed = (n: number) => [
    ...around(5, 40 - n),
    ...Array.from({ length: n }, (): Start => undefined),
  ];

  it('are inconclusive where 4 of 40 may be chance, and a regression where 12 are', () => {
    const few = ofOneCell(around(5), failed(4)).cell.failures;
    expect(few.p).toBeCloseTo(0.11556797632747, 12);
    expect([few.verdict, few.mayBeWorse]).toEqual(['inconclusive', true]);
    expect(few.because).toMatch(/^4 of 40 starts failed, before 0 of 40, which may be chance/);
    expect(ofOneCell(around(5), failed(12)).cell.failures.verdict).toBe('regressed');
    expect(ofOneCell(failed(12), around(5)).cell.failures.verdict).toBe('improved');
    expect(ofOneCell(failed(2), failed(2)).cell.failures.verdict).toBe('within noise');
  });

  it('are never taken for no difference where none is left to compare', () => {
    const { comparison, cell } = ofOneCell(around(5), failed(40));
    expect(cell.missing.map(({ metric, because }) => `${metric.name}: ${because}`)).toContain(
      'ready: no start of the candidate succeeded',
    );
    expect(outcomeOf(comparison)).toBe('regressed');
    const neither = ofOneCell(failed(40), failed(40));
    expect(neither.cell.missing).toHaveLength(3);
    expect(outcomeOf(neither.comparison)).toBe('inconclusive');
  });
});

describe('a comparison', () => {
  it('is never fine where nothing was compared', () => {
    const comparison = compared(
      sideOf('a', [[cold, around(60)]]),
      sideOf('b', [[forkLoaded, around(5)]]),
    );
    expect(comparison.onlyBase).toEqual([cold.id]);
    expect(comparison.onlyCandidate).toEqual([forkLoaded.id]);
    expect(outcomeOf(comparison)).toBe('inconclusive');
    expect(outcomeOf(ofOneCell([], []).comparison)).toBe('inconclusive');
  });

  it('is fine with itself', () => {
    const { comparison } = ofOneCell(around(5), around(5));
    expect(outcomeOf(comparison)).toBe('fine');
    expect(comparison.differences).toEqual([]);
  });

  it('corrects over all cells for what could be significant at all', () => {
    const both = (name: string) =>
      sideOf(name, [
        [cold, around(60)],
        [forkLoaded, around(5)],
      ]);
    // Three metrics of two cells. No slow start and no failure on either side: no test of them.
    expect(compared(both('a'), both('b')).tests).toBe(6);
    expect(ofOneCell(around(5), [...around(5, 32), ...around(15, 8)]).comparison.tests).toBe(5);
  });

  it('leaves warm-up starts out', () => {
    const base = sideOf('a', [[forkLoaded, around(5)]]);
    const warm = base.samples.map((row) => ({ ...row, phase: 'warmup', ready_ms: '90.000' }));
    expect(
      compared(base, { ...base, samples: [...warm, ...base.samples] }).cells[0]?.metrics[0],
    ).toMatchObject({ verdict: 'within noise', candidate: { n: 40 } });
  });

  it('says what differs of the cells', () => {
    const a = sideOf('a', [[forkLoaded, around(5)]]);
    const b = sideOf('b', [[forkLoaded, around(5)]], { kernelSha256: 'ff'.repeat(32), vcpus: 2 });
    expect(compared(a, b).differences).toEqual([
      "the guest kernel's sha256: was 0123456789abcdef, is ffffffffffffffff",
      'vCPUs: was 1, is 2',
    ]);
  });

  it('names the stage that a difference comes from', () => {
    const late = around(5).map((start) => start && { ...start, workMs: start.workMs + 4 });
    const { cell } = ofOneCell(around(5), late);
    expect(cell.stages.map(({ stage }) => stage)).toEqual([
      'start to vmm_ready',
      'vmm_ready to resumed',
      'resumed to ready',
      'ready to work',
    ]);
    expect(dominantStage(cell, 'marks')).toMatchObject({ stage: 'ready to work' });
    expect(dominantStage(cell, 'marks')?.ms).toBeCloseTo(4, 6);
    expect(dominantStage(cell, 'clone')).toBeUndefined();
  });
});
