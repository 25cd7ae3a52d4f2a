import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecdf } from '../../src/output/html/ecdf.js';

describe('the empirical distribution', () => {
  it('says for each value which part of the samples is at most that', () => {
    expect(ecdf([3, 1, 10, 2])).toEqual([
      { value: 1, fraction: 0.25 },
      { value: 2, fraction: 0.5 },
      { value: 3, fraction: 0.75 },
      { value: 10, fraction: 1 },
    ]);
  });

  it('has one step for equal values', () => {
    expect(ecdf([5, 5, 7, 5])).toEqual([
      { value: 5, fraction: 0.75 },
      { value: 7, fraction: 1 },
    ]);
  });

  it('has no step for no samples', () => {
    expect(ecdf([])).toEqual([]);
  });

  it('only rises, and ends at 1', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, (samples) => {
        const steps = ecdf(samples);
        expect(steps.at(-1)?.fraction).toBe(1);
        steps.slice(1).forEach((step, index) => {
          expect(step.value).toBeGreaterThan(steps[index]?.value ?? NaN);
          expect(step.fraction).toBeGreaterThan(steps[index]?.fraction ?? NaN);
        });
      }),
    );
  });
});
