import { describe, expect, it } from 'vitest';

import { arrivals, startsInStep, stepMs } from '../../src/plan/arrivals.js';

const step = (rate: number, kind: 'poisson' | 'even' = 'poisson', timeMs = 2000) => ({
  rate,
  load: { timeMs, arrivals: kind, p95LimitsMs: [50], aliveLimit: 300 },
});

describe('a step', () => {
  it('asks for as many as its rate says in its time', () => {
    expect(startsInStep(step(100))).toBe(200);
    expect(stepMs(step(100))).toBe(2000);
  });

  it('is longer where fewer would come in it than a p95 needs', () => {
    expect(startsInStep(step(10))).toBe(60);
    expect(stepMs(step(10))).toBe(6000);
  });

  it('keeps to its rate where that times its time is no whole number', () => {
    expect(startsInStep(step(133.4, 'even', 1000))).toBe(133);
    expect((startsInStep(step(133.4)) / stepMs(step(133.4))) * 1000).toBeCloseTo(133.4, 9);
  });
});

describe('arrivals', () => {
  it('are the same for the same seed and round, and others for another', () => {
    const once = arrivals(step(50), 1, 1);
    expect(arrivals(step(50), 1, 1)).toEqual(once);
    expect(arrivals(step(50), 1, 2)).not.toEqual(once);
    expect(arrivals(step(50), 2, 1)).not.toEqual(once);
  });

  it('at equal distances are at equal distances', () => {
    expect(arrivals(step(100, 'even'), 1, 1).slice(0, 4)).toEqual([0, 10, 20, 30]);
  });

  it('ascend, within the step', () => {
    const due = arrivals(step(200), 4_294_967_295, 100_000);
    expect(due).toEqual([...due].sort((a, b) => a - b));
    expect(due.every((ms) => ms >= 0 && ms <= 2000)).toBe(true);
  });

  it('by chance have gaps as a Poisson process has: deviating as much as they are long', () => {
    const gaps = Array.from({ length: 50 }, (_, round) => {
      const due = arrivals(step(200), 7, round + 1);
      return due.slice(1).map((ms, index) => ms - (due[index] ?? 0));
    }).flat();
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(5, 1);
    // Of an exponential distribution that is 1; at equal distances it were 0.
    expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
    expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
    // A part of exp(-2) of the gaps is longer than twice the mean.
    const long = gaps.filter((gap) => gap > 2 * mean).length / gaps.length;
    expect(long).toBeGreaterThan(0.12);
    expect(long).toBeLessThan(0.15);
  });
});
