import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cliffsDelta, effectWord } from '../../src/statistics/effect.js';
import { expectClose } from './support.js';

const sample = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 15 });

describe("Cliff's delta", () => {
  it('agrees with its definition in R', () => {
    // R 4.2.2: x <- c(3,1,4,1,5,9,2,6); y <- c(5,3,5,8,9,7,9,3,2)
    //          sum(sign(outer(y, x, '-'))) / 72
    const { delta, word } = cliffsDelta([3, 1, 4, 1, 5, 9, 2, 6], [5, 3, 5, 8, 9, 7, 9, 3, 2]);
    expectClose(delta, 0.375);
    expect(word).toBe('medium');
  });

  it('is 1 or -1 where the samples do not overlap and 0 where they are equal', () => {
    expect(cliffsDelta([1, 2], [3, 4, 5])).toEqual({ delta: 1, word: 'large' });
    expect(cliffsDelta([3, 4, 5], [1, 2])).toEqual({ delta: -1, word: 'large' });
    expect(cliffsDelta([1, 2], [1, 2])).toEqual({ delta: 0, word: 'negligible' });
  });

  it('counts wins less losses, and changes sign with the direction', () => {
    fc.assert(
      fc.property(sample, sample, (baseline, candidate) => {
        const signs = candidate.flatMap((y) => baseline.map((x): number => Math.sign(y - x)));
        const balance = signs.reduce((sum, sign) => sum + sign, 0);
        const { delta, word } = cliffsDelta(baseline, candidate);
        expect(delta).toBeCloseTo(balance / signs.length, 12);
        const back = cliffsDelta(candidate, baseline);
        expect(back.delta).toBeCloseTo(-delta, 12);
        expect(back.word).toBe(word);
      }),
    );
  });

  // Romano, Kromrey, Coraggio & Skowronek (2006): 0.147, 0.33 and 0.474.
  it.each([
    [0.1469, 'negligible'],
    [0.147, 'small'],
    [-0.3299, 'small'],
    [0.33, 'medium'],
    [-0.4739, 'medium'],
    [0.474, 'large'],
    [-1, 'large'],
  ])('calls %s %s', (delta, word) => {
    expect(effectWord(delta)).toBe(word);
  });
});
