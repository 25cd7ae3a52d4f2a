import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as figures from '../../src/statistics/describe.js';
import { normalQuantile } from '../../src/statistics/normal.js';
import { expectAllClose, expectClose, repeat } from './support.js';

const STARTS_MS = [12.1, 11.8, 12.9, 15.2, 11.9, 12.4, 12.0, 13.1, 12.2, 12.7];

describe('the description of a sample', () => {
  it('agrees with R', () => {
    // R 4.2.2: mean(v); sd(v); median(v); mad(v, constant = 1)
    expectClose(figures.mean(STARTS_MS), 12.63);
    expectClose(figures.standardDeviation(STARTS_MS), 1.0022751895340696);
    expectClose(figures.median(STARTS_MS), 12.3);
    expectClose(figures.medianAbsoluteDeviation(STARTS_MS), 0.4);
    expect([figures.minimum(STARTS_MS), figures.maximum(STARTS_MS)]).toEqual([11.8, 15.2]);
  });

  it('takes type 7 quantiles', () => {
    // R 4.2.2: quantile(v, c(.1, .25, .9, .95), type = 7)
    expectAllClose(
      [0.1, 0.25, 0.9, 0.95].map((fraction) => figures.quantile(STARTS_MS, fraction)),
      [11.89, 12.025, 13.31, 14.255],
    );
    expect(figures.quantile(STARTS_MS, 0)).toBe(11.8);
    expect(figures.quantile(STARTS_MS, 1)).toBe(15.2);
  });

  it('scales the MAD by 1 / qnorm(3/4)', () => {
    expectClose(figures.MAD_TO_SD, 1 / normalQuantile(0.75), 1e-14);
  });

  it('sorts numbers, not their spelling', () => {
    expect(figures.median([9, 10, 100])).toBe(10);
  });

  it('leaves the samples in their order', () => {
    const values = [3, 1, 2];
    figures.median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('has no spread for one sample', () => {
    expect(figures.standardDeviation([5])).toBeUndefined();
    expect(figures.medianAbsoluteDeviation([5])).toBe(0);
  });

  it('refuses an empty list and what is no number of milliseconds', () => {
    expect(() => figures.median([])).toThrow('no samples');
    expect(() => figures.mean([1, NaN])).toThrow('sample 1 must be finite, got NaN');
    expect(() => figures.quantile([1, Infinity], 0.5)).toThrow(RangeError);
    expect(() => figures.quantile([1], 1.1)).toThrow('a fraction must be from 0 to 1, got 1.1');
  });

  it('follows a shift and a change of unit', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (sample, factor) => {
        const moved = sample.map((value) => factor * value + 17);
        expectClose(figures.median(moved), factor * figures.median(sample) + 17);
        expectClose(
          figures.medianAbsoluteDeviation(moved),
          factor * figures.medianAbsoluteDeviation(sample),
        );
        const spread = figures.standardDeviation(sample) ?? NaN;
        expect(figures.standardDeviation(moved)).toBeCloseTo(factor * spread, 7);
      }),
    );
  });
});

describe('a percentile', () => {
  it.each([
    [0.5, 5],
    [0.9, 29],
    [0.95, 59],
    [0.99, 299],
    [0.1, 29],
    [0.01, 299],
  ])('at %s needs %i samples at 95 %%', (fraction, needed) => {
    expect(figures.samplesForPercentile(fraction)).toBe(needed);
    expect(figures.percentile(repeat(needed - 1, Number), fraction)).toBeUndefined();
    const enough = repeat(needed, Number);
    expect(figures.percentile(enough, fraction)).toBe(figures.quantile(enough, fraction));
  });

  it('needs the least n with 1 - p^n at the confidence', () => {
    const fractions = fc.double({ min: 0.5, max: 0.999, noNaN: true });
    const confidences = fc.double({ min: 0.01, max: 0.9999, noNaN: true });
    fc.assert(
      fc.property(fractions, confidences, (fraction, confidence) => {
        const needed = figures.samplesForPercentile(fraction, confidence);
        expect(1 - fraction ** needed).toBeGreaterThanOrEqual(confidence);
        if (needed > 1) expect(1 - fraction ** (needed - 1)).toBeLessThan(confidence + 1e-12);
      }),
    );
  });

  it('is refused for no confidence and for the extremes, which no sample bounds', () => {
    expect(() => figures.percentile([1], 1)).toThrow(RangeError);
    expect(() => figures.percentile([1], 0)).toThrow(RangeError);
    expect(() => figures.percentile([1], 0.5, 1)).toThrow('confidence must be above 0');
  });
});
