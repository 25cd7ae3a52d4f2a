/** Does one sample tend to be larger than the other? */
import { normalSurvival } from './normal.js';
import { countPairs } from './ranks.js';
import { isExactSize, lowerTail, uProbabilities, uStandardDeviation } from './u-distribution.js';

export interface MannWhitney {
  /** Pairs with the candidate above the baseline, plus half of the equal ones. */
  readonly u: number;
  /** Two-sided. */
  readonly p: number;
  /** Which distribution of U gave p. */
  readonly method: 'exact' | 'normal';
}

/**
 * Mann & Whitney's two-sided test. Exact where no two values are equal and there are at most
 * `EXACT_U_PAIRS` pairs; else the normal approximation with tie and continuity correction, as
 * SciPy's `mannwhitneyu(candidate, baseline)` and R's `wilcox.test`. Values that are all equal give
 * p = 1. Throws RangeError if either sample is empty.
 */
export function mannWhitney(
  baseline: readonly number[],
  candidate: readonly number[],
): MannWhitney {
  const { u, pairs, tieSum } = countPairs(baseline, candidate);
  const m = baseline.length;
  const n = candidate.length;
  const smallerU = Math.min(u, pairs - u);
  if (tieSum === 0 && isExactSize(m, n)) {
    const p = Math.min(1, 2 * lowerTail(uProbabilities(m, n), smallerU));
    return { u, p, method: 'exact' };
  }
  const deviation = uStandardDeviation(m, n, tieSum);
  return { u, p: normalP(pairs / 2 - smallerU, deviation), method: 'normal' };
}

function normalP(distance: number, deviation: number): number {
  if (deviation === 0) return 1;
  return Math.min(1, 2 * normalSurvival((distance - 0.5) / deviation));
}
