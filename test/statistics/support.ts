/** What the statistics tests share: comparison to a reference, and seeded samples. */
import { expect } from 'vitest';
import { normalQuantile } from '../../src/statistics/normal.js';
import { createRandom, type Random } from '../../src/statistics/random.js';

/** Relative error for large values, absolute for those below 1e-300. */
export function expectClose(actual: number | undefined, expected: number, tolerance = 1e-9): void {
  const scale = Math.max(Math.abs(expected), 1e-300);
  const wrong = Math.abs((actual ?? NaN) - expected) / scale;
  expect(wrong, `got ${String(actual)}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
}

export function expectAllClose(
  actual: readonly (number | undefined)[],
  expected: readonly number[],
  tolerance = 1e-9,
): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expectClose(actual[i], value, tolerance);
}

export function standardNormal(random: Random): number {
  return normalQuantile((random.uint32() + 0.5) / 2 ** 32);
}

export function repeat<T>(times: number, draw: (index: number) => T): T[] {
  return Array.from({ length: times }, (_, index) => draw(index));
}

export function normalSample(random: Random, n: number, centre = 0, sd = 1): number[] {
  return repeat(n, () => centre + sd * standardNormal(random));
}

/** The part of seeds 0 to count - 1 for which something holds. */
export function partOfSeeds(count: number, holds: (random: Random) => boolean): number {
  const held = repeat(count, (seed) => holds(createRandom(seed))).filter(Boolean);
  return held.length / count;
}

/** The Nile's yearly flow at Aswan, 1871-1970, from R's `datasets::Nile`. */
export const NILE: readonly number[] = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
  799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701,
  916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862,
  698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812,
  742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906,
  901, 1170, 912, 746, 919, 718, 714, 740,
];

/** Placental permeability, Hollander & Wolfe (1973), p. 69, as in R's `?wilcox.test`. */
export const PERMEABILITY = {
  atTerm: [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
  early: [1.15, 0.88, 0.9, 0.74, 1.21],
} as const;

/** Extra hours of sleep, Student (1908), from R's `datasets::sleep`; has ties. */
export const SLEEP = {
  first: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2],
  second: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
} as const;
