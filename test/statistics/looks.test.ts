import { describe, expect, it } from 'vitest';

import { levelOfEachLook } from '../../src/statistics/looks.js';
import { normalQuantile } from '../../src/statistics/normal.js';
import { createRandom } from '../../src/statistics/random.js';
import { standardNormal } from './support.js';

/** How often any of so many looks at a growing sum of equal steps is above the constant. */
function everAbove(looks: number, constant: number, tries = 20_000): number {
  const random = createRandom(looks);
  let above = 0;
  for (let each = 0; each < tries; each++) {
    let sum = 0;
    for (let look = 1; look <= looks; look++) {
      sum += standardNormal(random);
      if (sum / Math.sqrt(look) < constant) continue;
      above += 1;
      break;
    }
  }
  return above / tries;
}

describe('the level of each look', () => {
  it('is that of a single test where there is one', () => {
    expect(levelOfEachLook(1)).toBeCloseTo(0.05, 3);
  });

  it.each([2, 4, 7, 10, 13, 20])(
    'is so that %d looks together have one of 5 %%, and not much less',
    (looks) => {
      const share = everAbove(looks, normalQuantile(1 - levelOfEachLook(looks)));
      expect(share).toBeGreaterThan(0.045);
      expect(share).toBeLessThan(0.055);
    },
  );

  it('falls with each look more, beyond the table too', () => {
    const levels = Array.from({ length: 30 }, (_, index) => levelOfEachLook(index + 1));
    expect(levels).toEqual(levels.toSorted((a, b) => b - a));
    expect(new Set(levels).size).toBe(30);
    expect(() => levelOfEachLook(0)).toThrow(RangeError);
  });
});
