import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outliers, slowFirst } from '../../src/statistics/outliers.js';
import { createRandom } from '../../src/statistics/random.js';
import { expectClose, normalSample, partOfSeeds } from './support.js';

describe('outliers', () => {
  const starts = [3.1, 2.9, 3.0, 3.2, 2.8, 3.05, 2.95, 9.9, 3.15, 1.2];

  it('are named with the modified z-score that R gives, on either side', () => {
    // R 4.2.2: (v - median(v)) * 0.6745 / mad(v, constant = 1)
    const found = outliers(starts);
    expect(found.map(({ index, value }) => [index, value])).toEqual([
      [7, 9.9],
      [9, 1.2],
    ]);
    expectClose(found[0]?.score, 37.0975);
    expectClose(found[1]?.score, -9.8477);
  });

  it('are judged by the mean deviation where most samples are equal', () => {
    // R 4.2.2: (8 - 5) / (1.253314 * mean(abs(m - 5)))
    const found = outliers([5, 5, 5, 5, 5, 5, 8, 5.2]);
    expect(found.map(({ index }) => index)).toEqual([6]);
    expectClose(found[0]?.score, 5.98413486165478048);
  });

  it('are none where all samples are equal', () => {
    expect(outliers([4, 4, 4, 4])).toEqual([]);
  });

  it('follow the threshold', () => {
    expect(outliers(starts, 1).length).toBeGreaterThan(2);
    expect(outliers(starts, 1000)).toEqual([]);
  });

  it('do not change with the unit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1 }), (values) => {
        const places = (sample: number[]) => outliers(sample).map(({ index }) => index);
        expect(places(values.map((value) => 4 * value + 64))).toEqual(places(values));
      }),
    );
  });

  it('are rare in a normal sample', () => {
    const random = createRandom(1);
    const found = outliers(normalSample(random, 20_000));
    // R 4.2.2: 20000 * 2 * pnorm(-3.5) is 9.3.
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThan(22);
  });
});

describe('a slow first sample', () => {
  it('is named with its score and ratio against the others alone', () => {
    // R 4.2.2: w <- c(1.2,.8,.9,1,1.1,.95); (4 - median(w)) * .6745 / mad(w, constant = 1)
    const found = slowFirst([4, 1.2, 0.8, 0.9, 1, 1.1, 0.95]);
    expectClose(found?.score, 20.403625);
    expectClose(found?.ratio, 4 / 0.975);
  });

  it('is not named where it is ordinary, fast, or not first', () => {
    expect(slowFirst([1, 1.2, 0.8, 0.9, 1, 1.1])).toBeUndefined();
    expect(slowFirst([0.1, 1.2, 0.8, 0.9, 1, 1.1])).toBeUndefined();
    expect(slowFirst([1, 4, 1.2, 0.8, 0.9, 1, 1.1])).toBeUndefined();
  });

  it('is infinitely slow against others that are all equal', () => {
    expect(slowFirst([2, 1, 1, 1, 1, 1])).toEqual({ value: 2, score: Infinity, ratio: 2 });
  });

  it('needs five others to be judged by', () => {
    expect(slowFirst([])).toBeUndefined();
    expect(slowFirst([9, 1, 1.1, 1.2, 0.9])).toBeUndefined();
    expect(slowFirst([9, 1, 1.1, 1.2, 0.9, 1])).toBeDefined();
  });

  it('is rarely seen where there is none', () => {
    const seen = partOfSeeds(
      2000,
      (random) => slowFirst(normalSample(random, 40, 100, 2)) !== undefined,
    );
    expect(seen).toBeLessThan(0.01);
  });
});
