/** A/A: two samples of one cell, compared as two builds would be, must rarely be called different. */
import { describe, expect, it } from 'vitest';

import { hodgesLehmannShift } from '../../src/statistics/hodges-lehmann.js';
import { mannWhitney } from '../../src/statistics/mann-whitney.js';
import type { Random } from '../../src/statistics/random.js';
import { partOfSeeds, repeat, standardNormal } from './support.js';

const shapes: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => 100 + 5 * standardNormal(random),
  'log-normal': (random) => 5 * Math.exp(0.2 * standardNormal(random)),
  'heavy-tailed': (random) =>
    5 + 0.2 * standardNormal(random) + (random.uniform() < 0.1 ? 20 * random.uniform() : 0),
};

/** Whether 40 starts against 40 of the same cell are called different at 95 %. */
function toldApart(random: Random, draw: (random: Random) => number): boolean {
  const [first, second] = [repeat(40, () => draw(random)), repeat(40, () => draw(random))];
  return mannWhitney(first, second).p < 0.05;
}

describe.each(Object.entries(shapes))('the same %s cell twice', (_, draw) => {
  it('is called different in at most 3 of 30 seeds', () => {
    expect(partOfSeeds(30, (random) => toldApart(random, draw))).toBeLessThanOrEqual(3 / 30);
  });

  it('is called different about as often as 95 % promises', () => {
    const part = partOfSeeds(200, (random) => toldApart(random, draw));
    expect(part).toBeLessThan(0.1);
    expect(part).toBeGreaterThan(0.01);
  });

  it('has an interval of the shift that leaves zero out no more often', () => {
    const part = partOfSeeds(150, (random) => {
      const [first, second] = [repeat(40, () => draw(random)), repeat(40, () => draw(random))];
      const { interval } = hodgesLehmannShift(first, second);
      return interval !== undefined && (interval.lower > 0 || interval.upper < 0);
    });
    expect(part).toBeLessThan(0.1);
  });
});
