import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, splitMix64, xoshiro128 } from '../../src/statistics/random.js';
import { repeat } from './support.js';

describe('the generator', () => {
  it('gives the outputs of the reference xoshiro128starstar.c 1.1 from the state 1, 2, 3, 4', () => {
    // The vector in the tests of the Rust crate rand_xoshiro, made with the authors' C file.
    const next = xoshiro128([1, 2, 3, 4]);
    expect(repeat(10, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  it('is seeded by SplitMix64 with its published outputs', () => {
    // Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567.
    expect(repeat(5, splitMix64(1234567n))).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it('fills its state with the low words of the two SplitMix64 outputs first', () => {
    const seeded = createRandom(1234567);
    const next = xoshiro128(
      [6457827717110365317n, 3203168211198807973n].flatMap((word) => [
        Number(word & 0xffffffffn),
        Number(word >> 32n),
      ]) as [number, number, number, number],
    );
    expect(repeat(5, seeded.uint32)).toEqual(repeat(5, next));
  });

  it('repeats itself for one seed and differs for another', () => {
    const draws = (seed: number) => repeat(8, createRandom(seed).uint32);
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
    expect(draws(-1)).not.toEqual(draws(1));
  });

  it.each([0.5, NaN, 2 ** 53])('refuses %s as a seed', (seed) => {
    expect(() => createRandom(seed)).toThrow(RangeError);
  });
});

describe('uniform', () => {
  it('stays in [0, 1) with mean 1/2 and variance 1/12', () => {
    const { uniform } = createRandom(1);
    const draws = repeat(100_000, uniform);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const centre = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((a, b) => a + (b - centre) ** 2, 0) / draws.length;
    expect(Math.abs(centre - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
  });

  it('uses 27 and 26 bits of two outputs', () => {
    const raw = createRandom(3);
    const high = raw.uint32() >>> 5;
    const low = raw.uint32() >>> 6;
    expect(createRandom(3).uniform()).toBe((high * 67108864 + low) / 9007199254740992);
  });
});

describe('below', () => {
  it('stays below its bound', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const draw = createRandom(seed).below(bound);
        return Number.isInteger(draw) && draw >= 0 && draw < bound;
      }),
    );
  });

  it('has no modulo bias where the bound is three quarters of the range', () => {
    // A plain remainder would put half of the draws into the lowest third.
    const bound = 3 * 2 ** 30;
    const { below } = createRandom(5);
    const low = repeat(30_000, () => below(bound)).filter((draw) => draw < bound / 3).length;
    expect(Math.abs(low / 30_000 - 1 / 3)).toBeLessThan(0.012);
  });

  it('gives each of six faces its share', () => {
    const { below } = createRandom(9);
    const counts = repeat(6, () => 0);
    repeat(60_000, () => {
      const face = below(6);
      counts[face] = (counts[face] ?? 0) + 1;
    });
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1])('refuses the bound %s', (bound) => {
    expect(() => createRandom(1).below(bound)).toThrow(RangeError);
  });
});

describe('shuffle', () => {
  it('keeps every item and leaves its argument alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer()), (seed, items) => {
        const before = [...items];
        const shuffled = createRandom(seed).shuffle(items);
        expect(items).toEqual(before);
        expect([...shuffled].sort((a, b) => a - b)).toEqual(before.sort((a, b) => a - b));
      }),
    );
  });

  it('makes all 24 orders of four items equally often', () => {
    const { shuffle } = createRandom(11);
    const counts = new Map<string, number>();
    repeat(24_000, () => {
      const order = shuffle(['a', 'b', 'c', 'd']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    });
    expect(counts.size).toBe(24);
    // Chi-square with 23 degrees of freedom: 49.7 is its 99.9 % point (R: qchisq(.999, 23)).
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7);
  });
});
