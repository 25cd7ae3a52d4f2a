import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binomialCdf,
  binomialPmf,
  clopperPearsonInterval,
  wilsonInterval,
} from '../../src/statistics/binomial.js';
import { expectAllClose, repeat } from './support.js';

const ends = ({ lower, upper }: { lower: number; upper: number }) => [lower, upper];

describe('the binomial distribution', () => {
  it('agrees with R', () => {
    // R 4.2.2: pbinom(3, 10, .3); pbinom(17, 40, .5); pbinom(280, 299, .95);
    //          dbinom(7, 40, .2); dbinom(500, 1000, .5)
    expectAllClose(
      [
        binomialCdf(3, 10, 0.3),
        binomialCdf(17, 40, 0.5),
        binomialCdf(280, 299, 0.95),
        binomialPmf(7, 40, 0.2),
        binomialPmf(500, 1000, 0.5),
      ],
      [
        0.649610718400000176, 0.214795253921693574, 0.171498405219937033, 0.151254528156102463,
        0.025225018178360804,
      ],
      1e-11,
    );
  });

  it('is certain at the ends', () => {
    expect([binomialCdf(-1, 5, 0.5), binomialCdf(5, 5, 0.5)]).toEqual([0, 1]);
    expect([binomialPmf(0, 5, 0), binomialPmf(5, 5, 1), binomialPmf(6, 5, 0.5)]).toEqual([1, 1, 0]);
    expect([binomialPmf(1, 5, 0), binomialPmf(4, 5, 1)]).toEqual([0, 0]);
  });
});

describe("Wilson's interval", () => {
  it('agrees with R', () => {
    // R 4.2.2: prop.test(4, 40, correct = FALSE)$conf.int
    expectAllClose(ends(wilsonInterval(4, 40)), [0.039579528682606363, 0.23051775227522292]);
    // R 4.2.2: prop.test(7, 20, conf.level = .99, correct = FALSE)$conf.int
    expectAllClose(ends(wilsonInterval(7, 20, 0.99)), [0.14639344137693885, 0.62833817895268707]);
  });

  it('is not empty at no failures, where its ends are exact', () => {
    // R 4.2.2: prop.test(0, 40, correct = FALSE)$conf.int
    const none = wilsonInterval(0, 40);
    expect(none.lower).toBe(0);
    expectAllClose([none.upper], [0.087621601197286611]);
    expect(wilsonInterval(40, 40).upper).toBe(1);
  });
});

describe("Clopper and Pearson's interval", () => {
  it('agrees with R', () => {
    // R 4.2.2: binom.test(4, 40)$conf.int, and so on
    expectAllClose(
      ends(clopperPearsonInterval(4, 40)),
      [0.027925415294219321, 0.236637399876099885],
    );
    expectAllClose(ends(clopperPearsonInterval(0, 40)), [0, 0.088097302878802353]);
    expectAllClose(ends(clopperPearsonInterval(20, 20)), [0.83156652901691464, 1]);
    expectAllClose(
      ends(clopperPearsonInterval(7, 20, 0.99)),
      [0.11387976326673221, 0.65656858423192133],
    );
  });

  it('covers every true rate at least as often as it says', () => {
    const trials = 15;
    const intervals = repeat(trials + 1, (events) => clopperPearsonInterval(events, trials, 0.9));
    for (const rate of repeat(99, (i) => (i + 1) / 100)) {
      const covered = intervals.reduce((sum, { lower, upper }, events) => {
        return lower <= rate && rate <= upper ? sum + binomialPmf(events, trials, rate) : sum;
      }, 0);
      expect(covered).toBeGreaterThanOrEqual(0.9 - 1e-12);
    }
  });
});

describe('either interval', () => {
  const counts = fc
    .integer({ min: 1, max: 60 })
    .chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)));

  it.each([wilsonInterval, clopperPearsonInterval])('holds the rate and mirrors', (interval) => {
    fc.assert(
      fc.property(counts, ([events, trials]) => {
        const { lower, rate, upper } = interval(events, trials);
        expect(rate).toBe(events / trials);
        expect(0 <= lower && lower <= rate && rate <= upper && upper <= 1).toBe(true);
        const mirrored = interval(trials - events, trials);
        expect(mirrored.lower).toBeCloseTo(1 - upper, 10);
      }),
    );
  });

  it.each([
    [1, 0],
    [-1, 5],
    [6, 5],
    [0.5, 5],
  ])('refuses %s of %s', (events, trials) => {
    expect(() => wilsonInterval(events, trials)).toThrow(RangeError);
    expect(() => clopperPearsonInterval(events, trials)).toThrow(RangeError);
  });
});
