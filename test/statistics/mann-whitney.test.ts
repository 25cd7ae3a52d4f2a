import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mannWhitney } from '../../src/statistics/mann-whitney.js';
import { countPairs } from '../../src/statistics/ranks.js';
import { lowerTail, uProbabilities } from '../../src/statistics/u-distribution.js';
import {
  expectClose,
  NILE,
  normalSample,
  partOfSeeds,
  PERMEABILITY,
  repeat,
  SLEEP,
} from './support.js';

const sample = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });

/** Every way to choose which of the pooled positions are the candidate's. */
function choices(positions: readonly number[], chosen: number): number[][] {
  if (chosen === 0) return [[]];
  return positions.flatMap((first, i) =>
    choices(positions.slice(i + 1), chosen - 1).map((others) => [first, ...others]),
  );
}

describe('the exact test', () => {
  it('agrees with R and SciPy on the permeability data', () => {
    // R 4.2.2: wilcox.test(atTerm, early) gives W = 35, p-value = 0.2544122544122544
    // SciPy 1.10.1: mannwhitneyu(atTerm, early) gives the same
    const result = mannWhitney(PERMEABILITY.early, PERMEABILITY.atTerm);
    expect(result).toMatchObject({ u: 35, method: 'exact' });
    expectClose(result.p, 0.2544122544122544);
  });

  it("agrees with SciPy's documented example", () => {
    // SciPy documentation of mannwhitneyu (age at diabetes): statistic 17, p 0.1111111111111111
    const result = mannWhitney([20, 11, 17, 12], [19, 22, 16, 29, 24]);
    expect(result.u).toBe(17);
    expectClose(result.p, 0.1111111111111111);
  });

  it('agrees with R at the largest exact size', () => {
    // R 4.2.2: i <- 1:50; wilcox.test((i*53)%%103 + 5 + i/3000, (i*37)%%101 + i/1000, exact=TRUE)
    const baseline = repeat(50, (i) => (((i + 1) * 37) % 101) + (i + 1) / 1000);
    const candidate = repeat(50, (i) => (((i + 1) * 53) % 103) + 5 + (i + 1) / 3000);
    const result = mannWhitney(baseline, candidate);
    expect(result).toMatchObject({ u: 1285, method: 'exact' });
    expectClose(result.p, 0.81282673230809777);
    expect(mannWhitney([...baseline, 0.5], candidate).method).toBe('normal');
  });

  it('is also used for few against many, where the normal is poor', () => {
    // R 4.2.2: 2 * pwilcox(20, 3, 100); the normal approximation gives 0.0111.
    const candidate = repeat(100, (i) => i + 0.5);
    const result = mannWhitney([92, 93, 95], candidate);
    expect(result).toMatchObject({ u: 20, method: 'exact' });
    expectClose(result.p, 0.0040486058885728666);
  });

  it('equals brute-force enumeration for every tiny size and every U', () => {
    for (const [m, n] of [
      [1, 1],
      [2, 3],
      [4, 4],
      [5, 3],
      [1, 6],
    ] as const) {
      const pooled = repeat(m + n, Number);
      const all = choices(pooled, n).map((candidate) => {
        const baseline = pooled.filter((position) => !candidate.includes(position));
        return { baseline, candidate, u: countPairs(baseline, candidate).u };
      });
      for (const { baseline, candidate, u } of all) {
        const distance = Math.abs(u - (m * n) / 2);
        const asFar = all.filter((other) => Math.abs(other.u - (m * n) / 2) >= distance);
        expectClose(mannWhitney(baseline, candidate).p, asFar.length / all.length);
      }
    }
  });
});

describe('the normal approximation', () => {
  it('agrees with R and SciPy where values tie', () => {
    // R 4.2.2: wilcox.test(second, first, exact = FALSE, correct = TRUE)
    // SciPy 1.10.1: mannwhitneyu(second, first, method='asymptotic') gives 0.06932757543362658
    const result = mannWhitney(SLEEP.first, SLEEP.second);
    expect(result).toMatchObject({ u: 74.5, method: 'normal' });
    expectClose(result.p, 0.069327575433626581);
  });

  it('agrees with R for large samples', () => {
    // R 4.2.2: x <- ((1:60)*37)%%101 + (1:60)/1000; y <- ((1:70)*53)%%103 + 5 + (1:70)/3000
    //          wilcox.test(y, x, exact = FALSE, correct = TRUE)
    const baseline = repeat(60, (i) => (((i + 1) * 37) % 101) + (i + 1) / 1000);
    const candidate = repeat(70, (i) => (((i + 1) * 53) % 103) + 5 + (i + 1) / 3000);
    const result = mannWhitney(baseline, candidate);
    expect(result).toMatchObject({ u: 2284, method: 'normal' });
    expectClose(result.p, 0.39146061419282263);
  });

  it('keeps a very small p', () => {
    // R 4.2.2: wilcox.test(Nile[68:100], Nile[1:33], exact = FALSE)$p.value
    expectClose(mannWhitney(NILE.slice(0, 33), NILE.slice(-33)).p, 5.6177602450617457e-6);
  });

  it('finds no difference where all values are equal', () => {
    expect(mannWhitney([3, 3, 3], [3, 3])).toEqual({ u: 3, p: 1, method: 'normal' });
  });
});

describe('the distribution of U', () => {
  it('agrees with R', () => {
    // R 4.2.2: pwilcox(c(0, 5, 20, 24, 60), 7, 9); pwilcox(c(800, 1000, 1249), 50, 50)
    const small = uProbabilities(7, 9);
    expectClose(lowerTail(small, 0), 8.7412587412587413e-5);
    expectClose(lowerTail(small, 5), 1.6608391608391609e-3);
    expectClose(lowerTail(small, 20), 0.12613636363636366);
    expectClose(lowerTail(small, 60), 0.99965034965034971);
    const large = uProbabilities(50, 50);
    expectClose(lowerTail(large, 800), 0.00086991714308025901);
    expectClose(lowerTail(large, 1249), 0.49863110449924175);
  });

  it('sums to 1 and is symmetric', () => {
    const size = fc.integer({ min: 1, max: 15 });
    fc.assert(
      fc.property(size, size, (m, n) => {
        const probabilities = uProbabilities(m, n);
        expect(probabilities).toHaveLength(m * n + 1);
        expectClose(
          probabilities.reduce((a, b) => a + b, 0),
          1,
          1e-12,
        );
        for (const [u, p] of probabilities.entries()) expectClose(probabilities[m * n - u], p);
      }),
    );
  });
});

describe('either method', () => {
  it('gives the two directions of U that sum to all pairs, and one p', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [forth, back] = [mannWhitney(a, b), mannWhitney(b, a)];
        expect(forth.u + back.u).toBe(a.length * b.length);
        expectClose(forth.p, back.p, 1e-12);
        expect(forth.p).toBeGreaterThan(0);
        expect(forth.p).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('counts pairs as their definition does', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const wins = b.flatMap((y) => a.map((x): number => (y > x ? 1 : y === x ? 0.5 : 0)));
        expect(countPairs(a, b).u).toBe(wins.reduce((sum, win) => sum + win, 0));
      }),
    );
  });

  it('depends on order alone', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const stretched = (values: number[]) => values.map((value) => Math.exp(value / 10));
        expect(mannWhitney(stretched(a), stretched(b))).toEqual(mannWhitney(a, b));
      }),
    );
  });

  it('calls equal distributions different in at most 5 of 100 runs', () => {
    const called = partOfSeeds(1500, (random) => {
      return mannWhitney(normalSample(random, 20), normalSample(random, 20)).p < 0.05;
    });
    // The nearest level that ranks of 20 and 20 can have below 5 % is 4.9 %.
    expect(called).toBeGreaterThan(0.03);
    expect(called).toBeLessThan(0.065);
  });

  it('refuses an empty sample', () => {
    expect(() => mannWhitney([], [1])).toThrow('no samples');
    expect(() => mannWhitney([1], [])).toThrow('no samples');
  });
});
