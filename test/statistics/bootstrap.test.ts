import { describe, expect, it } from 'vitest';
import { ratioOfMedians } from '../../src/statistics/bootstrap.js';
import { expectClose, partOfSeeds, repeat, standardNormal } from './support.js';

const FIFTEEN = repeat(15, (i) => 101 + i);

describe('the bootstrap interval of a ratio of medians', () => {
  // P(median of a resample of 15 <= k-th sample) = P(Binomial(15, k/15) >= 8), from Efron (Annals
  // of Statistics 7:1, 1979), section 3. SciPy 1.10.1:
  //   [1 - binom.cdf(7, 15, k / 15) for k in range(1, 16)]
  // is 0.0042 at k = 3, 0.0255 at 4, 0.0882 at 5, 0.9118 at 10, 0.9745 at 11 and 0.9958 at 12.
  it.each([
    [0.9, 5, 11],
    [0.97, 4, 12],
  ])('ends at %s where the exact bootstrap distribution does', (confidence, lower, upper) => {
    const interval = ratioOfMedians([2, 2, 2], FIFTEEN, { seed: 1, confidence });
    expect(interval.ratio).toBe(54);
    expect([interval.lower, interval.upper]).toEqual([(100 + lower) / 2, (100 + upper) / 2]);
  });

  it('is the same for the same seed, and says how it was made', () => {
    const make = (seed: number) => ratioOfMedians([9, 10, 11, 12.5], [10, 12, 13, 15.1], { seed });
    expect(make(4)).toEqual(make(4));
    expect(make(4)).toMatchObject({
      method: 'percentile bootstrap',
      resamples: 2000,
      seed: 4,
      confidence: 0.95,
    });
    expectClose(make(4).ratio, 12.5 / 10.5);
  });

  it('does not depend on the unit or on the order of the samples', () => {
    const [baseline, candidate] = [
      [9, 10, 11, 12],
      [20, 15, 12, 30, 11],
    ];
    const inMs = ratioOfMedians(baseline, candidate, { seed: 1 });
    const inHalves = ratioOfMedians(
      baseline.map((value) => value * 2),
      candidate.map((value) => value * 2).reverse(),
      { seed: 1 },
    );
    expect(inHalves).toEqual(inMs);
  });

  it('covers a true ratio of 1.2 of skewed samples about as often as it says', () => {
    const covered = partOfSeeds(600, (random) => {
      const baseline = repeat(40, () => Math.exp(0.3 * standardNormal(random)));
      const candidate = repeat(40, () => 1.2 * Math.exp(0.3 * standardNormal(random)));
      const { lower, upper } = ratioOfMedians(baseline, candidate, {
        seed: random.uint32(),
        resamples: 500,
      });
      return lower <= 1.2 && 1.2 <= upper;
    });
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.985);
  });

  it('refuses what has no ratio', () => {
    expect(() => ratioOfMedians([], [1], { seed: 1 })).toThrow('no samples');
    expect(() => ratioOfMedians([0, 1], [1], { seed: 1 })).toThrow('a ratio needs values above 0');
    expect(() => ratioOfMedians([1], [1], { seed: 1, confidence: 1 })).toThrow(RangeError);
  });
});
