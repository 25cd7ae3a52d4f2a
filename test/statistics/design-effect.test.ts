import { describe, expect, it } from 'vitest';

import { clopperPearsonInterval } from '../../src/statistics/binomial.js';
import { designEffect, effectiveCount } from '../../src/statistics/design-effect.js';
import { createRandom } from '../../src/statistics/random.js';

const each = (of: number, ...events: readonly number[]) =>
  events.map((one) => ({ events: one, of }));

describe('the design effect', () => {
  it('is what the formula gives by hand', () => {
    // Rate 0.2 of 30; squares 4 + 1 + 1 = 6 times 3/2, over 30 x 0.2 x 0.8.
    expect(designEffect(each(10, 4, 1, 1))).toBeCloseTo((1.5 * 6) / (30 * 0.16), 12);
    // Clusters of unequal size: rate 0.3 of 40, deviations 5, -2, -3.
    const unequal = [
      { events: 8, of: 10 },
      { events: 1, of: 10 },
      { events: 3, of: 20 },
    ];
    expect(designEffect(unequal)).toBeCloseTo((1.5 * (5 ** 2 + 2 ** 2 + 3 ** 2)) / (40 * 0.21), 12);
  });

  it('is nearly the size of a cluster where all of it fails or none', () => {
    const effect = designEffect(each(100, 100, ...Array<number>(19).fill(0)));
    expect(effect).toBeGreaterThan(95);
    expect(effectiveCount({ events: 100, of: 2000 }, effect)).toEqual({ events: 1, of: 19 });
  });

  it('is 1 where failures are spread evenly, or where there are none', () => {
    expect(designEffect(each(100, 5, 5, 5, 5))).toBe(1);
    expect(designEffect(each(100, 0, 0))).toBe(1);
    expect(effectiveCount({ events: 20, of: 400 }, 1)).toEqual({ events: 20, of: 400 });
  });

  it('takes a cluster for one trial where nothing is known of how they vary', () => {
    expect(designEffect(each(100, 3))).toBe(100);
    expect(designEffect(each(100, 100, 100, 100))).toBe(100);
  });

  it('makes an interval of a clustered rate cover as often as it says, which it did not without', () => {
    const random = createRandom(1);
    const runs = 400;
    let [covered, naive] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      // A tenth of the rounds fail in half of their VMs: 5 % of all.
      const clusters = Array.from({ length: 40 }, () => {
        const rate = random.uniform() < 0.1 ? 0.5 : 0;
        return {
          events: Array.from({ length: 50 }, () => random.uniform() < rate).filter(Boolean).length,
          of: 50,
        };
      });
      const events = clusters.reduce((total, one) => total + one.events, 0);
      const covers = (effect: number) => {
        const count = effectiveCount({ events, of: 2000 }, effect);
        const { lower, upper } = clopperPearsonInterval(count.events, count.of, 0.95);
        return lower <= 0.05 && 0.05 <= upper;
      };
      if (covers(designEffect(clusters))) covered += 1;
      if (covers(1)) naive += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.9);
    expect(naive / runs).toBeLessThan(0.5);
  });
});
