import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hodgesLehmannShift } from '../../src/statistics/hodges-lehmann.js';
import { mannWhitney } from '../../src/statistics/mann-whitney.js';
import { createRandom } from '../../src/statistics/random.js';
import {
  expectClose,
  normalSample,
  partOfSeeds,
  PERMEABILITY,
  repeat,
  standardNormal,
} from './support.js';

const samples = fc.uniqueArray(fc.integer({ min: -500, max: 500 }), {
  minLength: 4,
  maxLength: 20,
});

describe('the Hodges-Lehmann shift', () => {
  it('agrees with R on the permeability data', () => {
    // R 4.2.2: wilcox.test(atTerm, early, conf.int = TRUE): estimate 0.305, interval -0.15 to 0.76
    const { estimate, interval } = hodgesLehmannShift(PERMEABILITY.early, PERMEABILITY.atTerm);
    expectClose(estimate, 0.305);
    expectClose(interval?.lower, -0.15);
    expectClose(interval?.upper, 0.76);
    expect(interval?.method).toBe('exact');
  });

  it('agrees with R at other confidences and sizes', () => {
    // R 4.2.2: wilcox.test(atTerm, early, conf.int = TRUE, conf.level = .9)$conf.int
    const ninety = hodgesLehmannShift(PERMEABILITY.early, PERMEABILITY.atTerm, 0.9).interval;
    expectClose(ninety?.lower, -0.08);
    expectClose(ninety?.upper, 0.72);
    // R 4.2.2: i <- 1:12; j <- 1:9; wilcox.test(10 + (j*7)%%11 + j/100, (i*5)%%13 + i/70,
    //          conf.int = TRUE, conf.level = .99)
    const baseline = repeat(12, (i) => (((i + 1) * 5) % 13) + (i + 1) / 70);
    const candidate = repeat(9, (j) => 10 + (((j + 1) * 7) % 11) + (j + 1) / 100);
    const { estimate, interval } = hodgesLehmannShift(baseline, candidate, 0.99);
    expectClose(estimate, 8.9864285714285721);
    expectClose(interval?.lower, 4.8485714285714288);
    expectClose(interval?.upper, 13.9557142857142864);
  });

  it('agrees with R at the largest exact size', () => {
    // R 4.2.2: i <- 1:50; wilcox.test((i*53)%%103 + 5 + i/3000, (i*37)%%101 + i/1000,
    //          exact = TRUE, conf.int = TRUE)
    const baseline = repeat(50, (i) => (((i + 1) * 37) % 101) + (i + 1) / 1000);
    const candidate = repeat(50, (i) => (((i + 1) * 53) % 103) + 5 + (i + 1) / 3000);
    const { estimate, interval } = hodgesLehmannShift(baseline, candidate);
    expectClose(estimate, 1.9671666666666674);
    expectClose(interval?.lower, -10.998666666666672);
    expectClose(interval?.upper, 13.979);
  });

  it('takes the ranks of the normal approximation for larger samples', () => {
    // R 4.2.2: k <- floor(m*n/2 + .5 - qnorm(.975)*sqrt(m*n*(m+n+1)/12)) with m = 60, n = 70;
    //          d <- sort(outer(y, x, '-')); median(d); c(d[k], d[m*n + 1 - k])
    //          (k = 1680; the exact rank, qwilcox(.025, 60, 70), is 1681)
    const baseline = repeat(60, (i) => (((i + 1) * 37) % 101) + (i + 1) / 1000);
    const candidate = repeat(70, (i) => (((i + 1) * 53) % 103) + 5 + (i + 1) / 3000);
    const { estimate, interval } = hodgesLehmannShift(baseline, candidate);
    expectClose(estimate, 4.9721666666666664);
    expectClose(interval?.lower, -6.0113333333333401);
    expectClose(interval?.upper, 15.9603333333333346);
    expect(interval?.method).toBe('normal');
    expect(Math.abs((interval?.coverage ?? 0) - 0.95)).toBeLessThan(0.001);
  });

  it('corrects that approximation for continuity, which makes its rank the exact one', () => {
    // R 4.2.2: qwilcox(.025, 51, 55) is 1093, and so is the corrected rank; 1092 without.
    // These differences are the whole numbers from -50 up, each once.
    const baseline = repeat(51, Number);
    const candidate = repeat(55, (j) => 51 * j);
    const { interval } = hodgesLehmannShift(baseline, candidate);
    expect(interval).toMatchObject({ lower: -50 + 1093 - 1, method: 'normal' });
  });

  it('has an interval from 4 and 4 samples up, and its coverage', () => {
    // R 4.2.2: 1 - 2 * pwilcox(0, 4, 4), with pwilcox(0, 4, 4) = 0.014285714285714285
    expectClose(hodgesLehmannShift([1, 2, 3, 4], [5, 6, 7, 8]).interval?.coverage, 1 - 2 / 70);
    expect(hodgesLehmannShift([1, 2, 3], [5, 6, 7, 8]).interval).toBeUndefined();
  });

  it('is the planted shift where nothing else differs', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: -99, max: 99 }), (baseline, shift) => {
        const candidate = baseline.map((value) => value + shift);
        expect(hodgesLehmannShift(baseline, candidate).estimate).toBe(shift);
      }),
    );
  });

  it('moves with a shift of the candidate and turns round with the samples', () => {
    fc.assert(
      fc.property(samples, samples, (baseline, candidate) => {
        const { estimate, interval } = hodgesLehmannShift(baseline, candidate);
        const moved = hodgesLehmannShift(
          baseline,
          candidate.map((value) => value + 7),
        );
        expect(moved.estimate).toBe(estimate + 7);
        const turned = hodgesLehmannShift(candidate, baseline);
        expect(turned.estimate).toBeCloseTo(-estimate, 12);
        expect(turned.interval?.lower).toBeCloseTo(-(interval?.upper ?? NaN), 12);
        expect(interval?.lower).toBeLessThanOrEqual(estimate);
        expect(interval?.upper).toBeGreaterThanOrEqual(estimate);
      }),
    );
  });

  it('leaves 0 out of its interval exactly where the exact test rejects', () => {
    fc.assert(
      fc.property(samples, samples, (baseline, candidate) => {
        const apart = candidate.map((value) => value + 1000.5);
        const tested = apart.map((value) => value - 1000);
        const { interval } = hodgesLehmannShift(baseline, tested);
        if (interval === undefined) return;
        const rejects = mannWhitney(baseline, tested).p <= 0.05;
        expect(interval.lower > 0 || interval.upper < 0).toBe(rejects);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [12, 15, 'exact'],
    [60, 55, 'normal'],
  ])('covers the true shift of skewed samples of %i and %i (%s)', (m, n, method) => {
    const covered = partOfSeeds(1500, (random) => {
      const baseline = repeat(m, () => Math.exp(standardNormal(random)));
      const candidate = repeat(n, () => 3 + Math.exp(standardNormal(random)));
      const { interval } = hodgesLehmannShift(baseline, candidate);
      expect(interval?.method).toBe(method);
      return interval !== undefined && interval.lower <= 3 && 3 <= interval.upper;
    });
    expect(Math.abs(covered - 0.952)).toBeLessThan(0.014);
  });

  it('takes well under 100 ms for 200 and 200', () => {
    const random = createRandom(1);
    const [baseline, candidate] = [normalSample(random, 200), normalSample(random, 200)];
    const startMs = performance.now();
    hodgesLehmannShift(baseline, candidate);
    expect(performance.now() - startMs).toBeLessThan(100);
  });

  it('refuses an empty sample and an impossible confidence', () => {
    expect(() => hodgesLehmannShift([], [1])).toThrow('no samples');
    expect(() => hodgesLehmannShift([1], [1], 95)).toThrow('confidence must be above 0');
  });
});
