/**
 * Distribution-free intervals from order statistics: the number of samples below the true quantile
 * is binomial whatever the distribution (David & Nagaraja, "Order Statistics", 3rd ed., 7.1).
 */
import { requireConfidence, requireFraction } from './arguments.js';
import { binomialCdf, binomialPmf } from './binomial.js';
import { ascending, atRank } from './sorting.js';

/** An interval in the samples' unit, whose ends are samples. */
export interface QuantileInterval {
  readonly lower: number;
  readonly upper: number;
  /** 1-based ranks of the ends among the ascending samples. */
  readonly lowerRank: number;
  readonly upperRank: number;
  /** What was asked for. */
  readonly confidence: number;
  /** What the ranks give: exact for a continuous distribution, a lower bound with ties. */
  readonly coverage: number;
}

/**
 * The interval of the true median, or undefined where even the extremes do not reach the
 * confidence: at 95 % that is below 6 samples.
 */
export function medianInterval(
  values: readonly number[],
  confidence = 0.95,
): QuantileInterval | undefined {
  return quantileInterval(values, 0.5, confidence);
}

/**
 * The narrowest equal-tailed interval of a true quantile: at most (1 - confidence)/2 is missed on
 * either side. Undefined where there are too few samples for both ends; throws RangeError for none.
 */
export function quantileInterval(
  values: readonly number[],
  fraction: number,
  confidence = 0.95,
): QuantileInterval | undefined {
  requireFraction(fraction);
  requireConfidence(confidence);
  const sorted = ascending(values);
  const n = sorted.length;
  const tail = (1 - confidence) / 2;
  const lowerRank = ranksWithin(n, fraction, tail);
  // Counting from the top is counting from the bottom with the fraction's complement.
  const fromTop = ranksWithin(n, 1 - fraction, tail);
  if (lowerRank === 0 || fromTop === 0) return undefined;
  const upperRank = n + 1 - fromTop;
  return {
    lower: atRank(sorted, lowerRank),
    upper: atRank(sorted, upperRank),
    lowerRank,
    upperRank,
    confidence,
    coverage: binomialCdf(upperRank - 1, n, fraction) - binomialCdf(lowerRank - 1, n, fraction),
  };
}

/** The highest rank r with P(fewer than r samples lie below the quantile) <= tail; 0 if none. */
function ranksWithin(n: number, fraction: number, tail: number): number {
  // Rounding must not turn an exact 5 % into slightly more than 5 %.
  const limit = tail * (1 + 1e-12);
  let rank = 0;
  let missed = binomialPmf(0, n, fraction);
  while (missed <= limit) {
    rank += 1;
    missed += binomialPmf(rank, n, fraction);
  }
  return rank;
}
