/** Ranks of one sample, or of two put together, with ties given their mean rank. */
import { ascending } from './sorting.js';

export interface PairCounts {
  /** Pairs with the candidate above the baseline, plus half of the equal ones: Mann-Whitney's U. */
  readonly u: number;
  readonly pairs: number;
  /** Sum over groups of equal values of t^3 - t; 0 when all values differ. */
  readonly tieSum: number;
}

/** Counts in O(n log n) how the candidate's samples lie among the baseline's. */
export function countPairs(baseline: readonly number[], candidate: readonly number[]): PairCounts {
  const below = ascending(baseline);
  const above = ascending(candidate);
  let u = 0;
  let tieSum = 0;
  let i = 0;
  let j = 0;
  while (i < below.length || j < above.length) {
    const value = Math.min(below[i] ?? Infinity, above[j] ?? Infinity);
    const equalBelow = runLength(below, i, value);
    const equalAbove = runLength(above, j, value);
    u += equalAbove * (i + equalBelow / 2);
    tieSum += (equalBelow + equalAbove) ** 3 - (equalBelow + equalAbove);
    i += equalBelow;
    j += equalAbove;
  }
  return { u, pairs: below.length * above.length, tieSum };
}

/** The rank of each value, from 1, in the order given. */
export function midranks(values: readonly number[]): number[] {
  const sorted = ascending(values);
  const ranks = new Map<number, number>();
  for (let start = 0; start < sorted.length;) {
    const value = sorted[start] ?? NaN;
    const equal = runLength(sorted, start, value);
    ranks.set(value, start + (equal + 1) / 2);
    start += equal;
  }
  return values.map((value) => ranks.get(value) ?? NaN);
}

function runLength(sorted: Float64Array, start: number, value: number): number {
  let end = start;
  while (sorted[end] === value) end += 1;
  return end - start;
}
