import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holmAdjusted } from '../../src/statistics/holm.js';
import { expectAllClose, partOfSeeds, repeat } from './support.js';

const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

describe("Holm's adjustment", () => {
  it('agrees with R', () => {
    // R 4.2.2: p.adjust(c(.01, .02, .03, .04, .05), 'holm')
    expectAllClose(holmAdjusted([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09]);
    // R 4.2.2: p.adjust(c(.04, .001, .3, .011, .011, .9), 'holm')
    expectAllClose(
      holmAdjusted([0.04, 0.001, 0.3, 0.011, 0.011, 0.9]),
      [0.12, 0.006, 0.6, 0.055, 0.055, 0.9],
    );
  });

  it('leaves a single p alone and takes no p at all', () => {
    expect(holmAdjusted([0.04])).toEqual([0.04]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it('lies between the raw p and Bonferroni, and keeps their order', () => {
    fc.assert(
      fc.property(probabilities, (raw) => {
        const adjusted = holmAdjusted(raw);
        for (const [i, p] of raw.entries()) {
          const own = adjusted[i] ?? NaN;
          expect(own).toBeGreaterThanOrEqual(p);
          expect(own).toBeLessThanOrEqual(Math.min(1, p * raw.length));
          for (const [j, other] of raw.entries()) {
            if (p < other) expect(own).toBeLessThanOrEqual(adjusted[j] ?? NaN);
          }
        }
      }),
    );
  });

  it('keeps any false rejection among twenty equal cells to 5 of 100 runs', () => {
    const anyRejected = partOfSeeds(4000, ({ uniform }) =>
      holmAdjusted(repeat(20, uniform)).some((p) => p <= 0.05),
    );
    expect(anyRejected).toBeGreaterThan(0.035);
    expect(anyRejected).toBeLessThan(0.061);
  });

  it.each([-0.1, 1.1, NaN])('refuses %s as a p', (p) => {
    expect(() => holmAdjusted([0.5, p])).toThrow('a p-value must be from 0 to 1');
  });
});
