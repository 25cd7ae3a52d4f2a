import { describe, expect, it } from 'vitest';

import { plantings } from '../../src/gate/planted.js';
import { trial, type TrialOptions } from '../../src/gate/trials.js';
import { exitOf } from '../../src/gate/verdict.js';
import { parseLimits } from '../../src/parse/limits.js';
import { around, cells, ready, sideOf, usual, verdictOf } from './sides.js';

const [cold, fork] = cells;
const whole = (n: number) => sideOf('long', ready(cold, around(60, n)), ready(fork, around(14, n)));
const text = `extraRounds: 20\n${usual}`;
const options: TrialOptions = {
  limits: parseLimits(text, 'l.yaml'),
  runs: 40,
  judge: (base, candidate) => verdictOf(base, candidate, text),
};

describe('the gate, played through with one long run', () => {
  it('passes the same code, at the first look', () => {
    const { verdict, rounds } = trial(whole(120), 1, undefined, options);
    expect([exitOf(verdict), rounds]).toEqual([0, 40]);
  });

  it.each(plantings.map((planted) => [planted.name, planted] as const))(
    'catches %s, in the cell that the seed names, with all rounds',
    (_, planted) => {
      const { verdict, rounds } = trial(whole(120), 1, planted, options);
      expect([exitOf(verdict), rounds]).toEqual([1, 60]);
      const broken = verdict.cases.filter(({ outcome }) => outcome === 'regressed');
      expect(new Set(broken.map(({ cell }) => cell))).toEqual(new Set([fork?.id]));
    },
  );

  it('needs twice the rounds that the gate may take', () => {
    expect(() => trial(whole(118), 1, undefined, options)).toThrow(/--runs 120/);
  });
});
