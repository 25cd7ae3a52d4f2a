import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/statistics/describe.js';
import { medianInterval, quantileInterval } from '../../src/statistics/interval.js';
import { expectClose, normalSample, partOfSeeds, repeat, standardNormal } from './support.js';

const oneTo = (n: number) => repeat(n, (i) => i + 1);

describe('the interval of the median', () => {
  // R 4.2.2: k <- qbinom(.025, n, .5); c(k, n + 1 - k, 1 - 2 * pbinom(k - 1, n, .5))
  it.each([
    [6, 1, 6, 0.96875],
    [10, 2, 9, 0.978515625],
    [20, 6, 15, 0.95861053466796875],
    [40, 14, 27, 0.96152269171579974],
    [100, 40, 61, 0.96479979978229513],
  ])('of %i samples runs from rank %i to rank %i', (n, lower, upper, coverage) => {
    const interval = medianInterval(oneTo(n));
    expect(interval).toMatchObject({ lower, upper, lowerRank: lower, upperRank: upper });
    expectClose(interval?.coverage, coverage);
  });

  it('is refused below 6 samples at 95 %, and below 9 at 99.5 %', () => {
    expect(medianInterval(oneTo(5))).toBeUndefined();
    expect(medianInterval(oneTo(6))).toBeDefined();
    expect(medianInterval(oneTo(8), 0.995)).toBeUndefined();
    expect(medianInterval(oneTo(9), 0.995)).toBeDefined();
  });

  it('takes a confidence that the ranks reach exactly', () => {
    expect(medianInterval(oneTo(6), 0.96875)?.coverage).toBeCloseTo(0.96875, 12);
  });

  it('does not depend on the order of the samples', () => {
    expect(medianInterval([6, 1, 5, 2, 4, 3])).toMatchObject({ lower: 1, upper: 6 });
  });

  it('holds the sample median and has at least the coverage asked for', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 80 });
    const confidences = fc.double({ min: 0.5, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(samples, confidences, (values, confidence) => {
        const interval = medianInterval(values, confidence);
        if (interval === undefined) return;
        expect(interval.coverage).toBeGreaterThanOrEqual(confidence - 1e-11);
        expect(interval.lower).toBeLessThanOrEqual(median(values));
        expect(interval.upper).toBeGreaterThanOrEqual(median(values));
      }),
    );
  });

  it('covers the true median of a skewed distribution as often as it says', () => {
    const covered = partOfSeeds(4000, (random) => {
      const interval = medianInterval(repeat(40, () => Math.exp(standardNormal(random))));
      return interval !== undefined && interval.lower <= 1 && 1 <= interval.upper;
    });
    expect(Math.abs(covered - 0.9615)).toBeLessThan(0.01);
  });
});

describe('the interval of a quantile', () => {
  // R 4.2.2: l <- qbinom(.025, n, q); u <- qbinom(.975, n, q) + 1
  //          pbinom(u - 1, n, q) - pbinom(l - 1, n, q)
  it.each([
    [36, 0.9, 29, 36, 0.95396210520265212],
    [60, 0.9, 49, 59, 0.97163823583655229],
    [100, 0.95, 90, 100, 0.98260706071218129],
    [40, 0.25, 5, 17, 0.97239639898024366],
  ])('of %i samples at %s runs from rank %i to rank %i', (n, fraction, lower, upper, coverage) => {
    const interval = quantileInterval(oneTo(n), fraction);
    expect(interval).toMatchObject({ lowerRank: lower, upperRank: upper });
    expectClose(interval?.coverage, coverage);
  });

  it('needs 36 samples for both ends of p90: more than the 29 of its upper bound alone', () => {
    expect(quantileInterval(oneTo(35), 0.9)).toBeUndefined();
    expect(quantileInterval(oneTo(36), 0.9)).toBeDefined();
  });

  it('misses at most half of the rest on either side', () => {
    const truth = 1.2815515655446004;
    const above = partOfSeeds(3000, (random) => {
      const interval = quantileInterval(normalSample(random, 60), 0.9);
      return interval !== undefined && interval.lower > truth;
    });
    expect(above).toBeLessThan(0.032);
  });

  it('refuses no samples and impossible fractions', () => {
    expect(() => quantileInterval([], 0.5)).toThrow('no samples');
    expect(() => quantileInterval([1], 0)).toThrow(RangeError);
    expect(() => quantileInterval([1], 0.5, 1)).toThrow(RangeError);
  });
});
