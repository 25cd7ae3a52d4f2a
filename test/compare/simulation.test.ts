/** How often the verdicts are right, over seeds: false alarms on equal sides, and planted regressions. */
import { describe, expect, it } from 'vitest';

import type { Comparison } from '../../src/compare/comparison.js';
import { outcomeOf, type Outcome } from '../../src/compare/outcome.js';
import { createRandom, type Random } from '../../src/statistics/random.js';
import { compared, drawStarts, families, forkLoaded, sideOf, type Family } from './made-sides.js';

const seedsTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

type Plan = (random: Random) => (index: number) => number;

function compareDrawn(seed: number, family: Family, plan: Plan, n: number): Comparison {
  const random = createRandom(seed);
  const base = sideOf('a', [[forkLoaded, drawStarts(random, family, n)]]);
  const slower = drawStarts(random, family, n, plan(random));
  return compared(base, sideOf('b', [[forkLoaded, slower]]));
}

function outcomes(family: Family, plan: Plan, n = 40, seeds = 20): readonly Outcome[] {
  return seedsTo(seeds).map((seed) => outcomeOf(compareDrawn(seed, family, plan, n)));
}

const same: Plan = () => () => 0;
const later3: Plan = () => () => 3;
const everyFifth: Plan = () => (index) => (index % 5 === 0 ? 10 : 0);
const oneInFive: Plan = (random) => () => (random.uniform() < 0.2 ? 10 : 0);

const count = (all: readonly Outcome[], one: Outcome) => all.filter((got) => got === one).length;

describe.each(Object.entries(families))('sides that are both %s', (_name, family) => {
  const got = outcomes(family, same);

  it('pass at least 19 times of 20 at n = 40', () => {
    expect(count(got, 'fine')).toBeGreaterThanOrEqual(19);
  });

  it('are never called a regression more than once', () => {
    expect(count(got, 'regressed')).toBeLessThanOrEqual(1);
  });
});

describe('a planted regression of a start of 5 ms', () => {
  const family = families['fork-loaded'];

  it('is caught each time where all are 3 ms later', () => {
    expect(count(outcomes(family, later3), 'regressed')).toBe(20);
  });

  it('is caught each time where every fifth is 10 ms later, which moves no median', () => {
    expect(count(outcomes(family, everyFifth), 'regressed')).toBe(20);
    const { metrics = [] } = compareDrawn(1, family, everyFifth, 40).cells[0] ?? {};
    expect(metrics.map((one) => [one.metric.name, one.verdict, one.tail?.verdict])).toEqual([
      ['vmm_ready', 'within noise', undefined],
      ['ready', 'within noise', 'regressed'],
      ['work', 'within noise', 'regressed'],
    ]);
  });

  it('passes less than 5 times of 100 where one in five is, by chance', () => {
    // No test at n = 40 can call each of them a regression: in 3 of 100 fewer than 4 starts are slow.
    expect(count(outcomes(family, oneInFive, 40, 60), 'fine')).toBeLessThan(0.05 * 60);
  });

  it('is certain of the same with twice the samples', () => {
    expect(count(outcomes(family, oneInFive, 80), 'regressed')).toBeGreaterThanOrEqual(19);
  });
});

describe('slow starts that both sides have', () => {
  it('do not hide those that only one has', () => {
    const got = outcomes(families['heavy tail'], everyFifth);
    expect(count(got, 'fine')).toBeLessThanOrEqual(1);
    const more = outcomes(families['heavy tail'], everyFifth, 100);
    expect(count(more, 'regressed')).toBeGreaterThanOrEqual(18);
  });
});
