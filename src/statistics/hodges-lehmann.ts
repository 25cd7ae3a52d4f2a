/** By how much the candidate is slower or faster than the baseline. */
import { requireConfidence } from './arguments.js';
import { normalCdf, normalQuantile } from './normal.js';
import { ascending, atRank, medianOfSorted } from './sorting.js';
import { isExactSize, lowerTail, uProbabilities, uStandardDeviation } from './u-distribution.js';

/** A shift in the samples' unit: positive where the candidate's values are larger. */
export interface Shift {
  readonly estimate: number;
  /** Undefined where there are too few samples for the confidence: at 95 %, below 4 and 4. */
  readonly interval: ShiftInterval | undefined;
}

export interface ShiftInterval {
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
  /** What the ranks give for a continuous distribution; approximate with method `normal`. */
  readonly coverage: number;
  readonly method: 'exact' | 'normal';
}

/**
 * Hodges & Lehmann's shift: the median of all differences candidate - baseline (Annals of
 * Mathematical Statistics 34:2, 1963), with the interval that inverts the Mann-Whitney test
 * (Lehmann, "Nonparametrics", 1975). It means "the shift of the whole distribution", which is not
 * the difference of the medians where the shapes differ. Throws RangeError if a sample is empty.
 */
export function hodgesLehmannShift(
  baseline: readonly number[],
  candidate: readonly number[],
  confidence = 0.95,
): Shift {
  requireConfidence(confidence);
  const differences = pairwiseDifferences(ascending(baseline), ascending(candidate));
  const { rank, coverage, method } = intervalRank(baseline.length, candidate.length, confidence);
  const estimate = medianOfSorted(differences);
  if (rank < 1) return { estimate, interval: undefined };
  const lower = atRank(differences, rank);
  const upper = atRank(differences, differences.length + 1 - rank);
  return { estimate, interval: { lower, upper, confidence, coverage, method } };
}

/** All m*n differences, ascending: 40 000 for 200 and 200, which sort in a few milliseconds. */
function pairwiseDifferences(baseline: Float64Array, candidate: Float64Array): Float64Array {
  const differences = new Float64Array(baseline.length * candidate.length);
  let filled = 0;
  for (const after of candidate) {
    for (const before of baseline) {
      differences[filled] = after - before;
      filled += 1;
    }
  }
  return differences.sort();
}

interface IntervalRank {
  /** The interval runs from this rank of the differences to the same rank from the top. */
  readonly rank: number;
  readonly coverage: number;
  readonly method: 'exact' | 'normal';
}

function intervalRank(m: number, n: number, confidence: number): IntervalRank {
  const tail = (1 - confidence) / 2;
  return isExactSize(m, n) ? exactRank(m, n, tail) : normalRank(m, n, tail);
}

/** The largest rank with P(U < rank) <= tail; 0 if there is none. */
function exactRank(m: number, n: number, tail: number): IntervalRank {
  const probabilities = uProbabilities(m, n);
  let rank = 0;
  let missed = probabilities[0] ?? 1;
  while (missed <= tail) {
    rank += 1;
    missed += probabilities[rank] ?? 0;
  }
  return { rank, coverage: 1 - 2 * lowerTail(probabilities, rank - 1), method: 'exact' };
}

/** The same with the continuity-corrected normal. Ties are not corrected for: wider, not narrower. */
function normalRank(m: number, n: number, tail: number): IntervalRank {
  const deviation = uStandardDeviation(m, n, 0);
  const middle = (m * n) / 2;
  const rank = Math.max(0, Math.floor(middle + 0.5 + normalQuantile(tail) * deviation));
  const missed = normalCdf((rank - 0.5 - middle) / deviation);
  return { rank, coverage: 1 - 2 * missed, method: 'normal' };
}
