import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fisherExact, fisherLeastP } from '../../src/statistics/fisher.js';
import { rateDifference } from '../../src/statistics/rate-difference.js';
import { expectAllClose, expectClose } from './support.js';

const count = (events: number, of: number) => ({ events, of });

describe("Fisher's exact test", () => {
  it('agrees with R', () => {
    // R 4.2.2: fisher.test(matrix(c(a, c, b, d), 2))$p.value for the tables (a b / c d)
    expectAllClose(
      [
        fisherExact(count(4, 40), count(0, 40)),
        fisherExact(count(0, 40), count(8, 40)),
        fisherExact(count(3, 4), count(1, 4)),
        fisherExact(count(10, 12), count(3, 18)),
        fisherExact(count(12, 200), count(3, 200)),
        fisherExact(count(5, 20), count(9, 70)),
        fisherExact(count(40, 1000), count(15, 1000)),
      ],
      [
        0.11556797632747004, 0.0053060516733136765, 0.48571428571428582, 0.00053672411914343593,
        0.031867041512461301, 0.29079834654999437, 0.00086536884132416153,
      ],
      1e-10,
    );
  });

  it('agrees with SciPy', () => {
    // SciPy 1.17.1: fisher_exact([[8, 2], [1, 5]]).pvalue; fisher_exact([[6, 2], [1, 4]]).pvalue
    expectClose(fisherExact(count(8, 10), count(1, 6)), 0.034965034965034975);
    expectClose(fisherExact(count(6, 8), count(1, 5)), 0.10256410256410256);
  });

  it('says nothing where there are no events, or nothing else', () => {
    expect(fisherExact(count(0, 40), count(0, 40))).toBe(1);
    expect(fisherExact(count(7, 7), count(9, 9))).toBe(1);
    expect(fisherExact(count(0, 0), count(3, 9))).toBe(1);
  });

  it('does not depend on which side is which', () => {
    const counts = fc
      .integer({ min: 0, max: 60 })
      .chain((of) => fc.integer({ min: 0, max: of }).map((events) => count(events, of)));
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        expectClose(fisherExact(a, b), fisherExact(b, a), 1e-9);
        expect(fisherLeastP(a, b)).toBeLessThanOrEqual(fisherExact(a, b) * (1 + 1e-9));
      }),
    );
  });

  it('knows the smallest p that its margins allow', () => {
    expectClose(fisherLeastP(count(4, 40), count(4, 40)), 0.0053060516733136765, 1e-10);
    expectClose(fisherLeastP(count(2, 40), count(2, 40)), 0.11556797632747004, 1e-10);
    expect(fisherLeastP(count(0, 40), count(0, 40))).toBe(1);
  });

  it('refuses counts that are none', () => {
    expect(() => fisherExact(count(5, 4), count(0, 4))).toThrow(RangeError);
    expect(() => fisherExact(count(0.5, 4), count(0, 4))).toThrow(RangeError);
  });
});

describe('the difference of two rates', () => {
  const ends = ({ lower, upper }: { lower: number; upper: number }) => [lower, upper];

  it("agrees with Newcombe's table II, method 10", () => {
    const published: readonly (readonly [number, number, number, number, number, number])[] = [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [6, 7, 2, 7, 0.0582, 0.8062],
      [5, 56, 0, 29, -0.0381, 0.1926],
      [0, 10, 0, 20, -0.1611, 0.2775],
      [10, 10, 0, 10, 0.6075, 1],
    ];
    for (const [a, m, b, n, lower, upper] of published) {
      const got = ends(rateDifference(count(b, n), count(a, m))).map((end) => end.toFixed(4));
      expect(got).toEqual([lower.toFixed(4), upper.toFixed(4)]);
    }
  });

  it("agrees with R's two score intervals put together", () => {
    // R 4.2.2: from prop.test(k, n, conf.level = .9, correct = FALSE)$conf.int of 6/40 and 2/40
    expectAllClose(
      ends(rateDifference(count(2, 40), count(6, 40), 0.9)),
      [-0.014522928762588636, 0.219482061856179356],
      1e-9,
    );
  });
});
