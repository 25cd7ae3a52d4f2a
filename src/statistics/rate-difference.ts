/** By how much one rate is above another, and how sure that is. */
import { wilsonInterval } from './binomial.js';
import type { Count } from './fisher.js';

/** Fractions from -1 to 1: positive where the candidate's rate is higher. */
export interface RateDifference {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
}

/**
 * Newcombe's hybrid of two score intervals ("Interval estimation for the difference between
 * independent proportions", Statistics in Medicine 17:8, 1998, method 10): close to its confidence
 * at small counts, and honest at none of none. Throws RangeError unless both have trials.
 */
export function rateDifference(
  baseline: Count,
  candidate: Count,
  confidence = 0.95,
): RateDifference {
  const before = wilsonInterval(baseline.events, baseline.of, confidence);
  const after = wilsonInterval(candidate.events, candidate.of, confidence);
  const estimate = after.rate - before.rate;
  return {
    estimate,
    lower: estimate - Math.hypot(after.rate - after.lower, before.upper - before.rate),
    upper: estimate + Math.hypot(after.upper - after.rate, before.rate - before.lower),
    confidence,
  };
}
