/**
 * Seeded random numbers, so that an order of runs or a bootstrap interval can be repeated exactly
 * from the seed in the record. Not for secrets.
 *
 * The generator is xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47:4, 2021). Its state is filled by SplitMix64, as its authors advise,
 * because neighbouring seeds would otherwise give similar first outputs.
 */

export type Xoshiro128State = readonly [number, number, number, number];

/** Bare functions, so they may be taken out of the object. */
export interface Random {
  /** The next integer in [0, 2^32). */
  readonly uint32: () => number;
  /** A multiple of 2^-53 in [0, 1). */
  readonly uniform: () => number;
  /** An integer in [0, bound) without modulo bias; throws RangeError unless 1 <= bound <= 2^32. */
  readonly below: (bound: number) => number;
  /** A new array in uniformly random order (Fisher-Yates); the argument is left alone. */
  readonly shuffle: <T>(items: readonly T[]) => T[];
}

const TWO_32 = 2 ** 32;

/** Throws RangeError unless the seed is an integer that a number holds exactly. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`a seed must be a safe integer, got ${seed}`);
  }
  return randomFrom(xoshiro128(stateFromSeed(seed)));
}

function randomFrom(uint32: () => number): Random {
  const uniform = (): number => {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32) {
      throw new RangeError(`a bound must be an integer from 1 to 2^32, got ${bound}`);
    }
    // Draws past the last whole multiple of the bound would favour the small remainders.
    const fairLimit = TWO_32 - (TWO_32 % bound);
    let draw = uint32();
    while (draw >= fairLimit) draw = uint32();
    return draw % bound;
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const chosen = below(last + 1);
      const moved = shuffled[last] as T;
      shuffled[last] = shuffled[chosen] as T;
      shuffled[chosen] = moved;
    }
    return shuffled;
  };
  return { uint32, uniform, below, shuffle };
}

/** The bare generator from a whole state, which must not be all zero. */
export function xoshiro128(state: Xoshiro128State): () => number {
  let [s0, s1, s2, s3] = state;
  return () => {
    const output = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return output;
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function stateFromSeed(seed: number): Xoshiro128State {
  const next = splitMix64(BigInt(seed));
  const first = next();
  const second = next();
  return [lowWord(first), lowWord(first >> 32n), lowWord(second), lowWord(second >> 32n)];
}

function lowWord(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/** SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): 64-bit outputs from any 64-bit seed. */
export function splitMix64(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed);
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    const mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    const mixedAgain = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixedAgain ^ (mixedAgain >> 31n);
  };
}
