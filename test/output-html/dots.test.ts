import { describe, expect, it } from 'vitest';
import { spread } from '../../src/output/html/dots.js';

describe('the spread of dots over a row', () => {
  it('starts in the middle and halves the gaps', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(spread)).toEqual([
      0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875,
    ]);
  });

  it('never puts two of 1000 on one place, nor one outside', () => {
    const places = Array.from({ length: 1000 }, (_, index) => spread(index));
    expect(new Set(places).size).toBe(1000);
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(Math.max(...places)).toBeLessThan(1);
  });
});
