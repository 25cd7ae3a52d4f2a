/** Figures that describe one list of samples. All keep the samples' unit. */
import { requireConfidence, requireFraction } from './arguments.js';
import { ascending, medianOfSorted, quantileOfSorted } from './sorting.js';

/** 1 / normalQuantile(3/4): makes the MAD of a normal sample estimate its standard deviation. */
export const MAD_TO_SD = 1.482602218505602;

/** Throws RangeError for no samples, as all here do. */
export function minimum(values: readonly number[]): number {
  return quantile(values, 0);
}

export function maximum(values: readonly number[]): number {
  return quantile(values, 1);
}

export function mean(values: readonly number[]): number {
  const sorted = ascending(values);
  return sum(sorted) / sorted.length;
}

/** The sample standard deviation (n - 1); undefined for a single sample, which has no spread. */
export function standardDeviation(values: readonly number[]): number | undefined {
  const centre = mean(values);
  if (values.length < 2) return undefined;
  const squares = values.map((value) => (value - centre) ** 2);
  return Math.sqrt(sum(squares) / (values.length - 1));
}

export function median(values: readonly number[]): number {
  return medianOfSorted(ascending(values));
}

/** The raw median absolute deviation from the median. Multiply by `MAD_TO_SD` to read it as an sd. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre)));
}

/**
 * Type 7 of Hyndman & Fan ("Sample Quantiles in Statistical Packages", The American Statistician
 * 50:4, 1996), the default of R and NumPy. Answers for any n: `percentile` is the one that refuses.
 */
export function quantile(values: readonly number[], fraction: number): number {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new RangeError(`a fraction must be from 0 to 1, got ${fraction}`);
  }
  return quantileOfSorted(ascending(values), fraction);
}

/**
 * The smallest n whose samples reach past the true quantile with the given confidence, so that it
 * has a one-sided bound at all: 1 - p^n >= confidence, p being the fraction or, below one half, its
 * complement. At 95 %: 29 for p90, 59 for p95, 299 for p99.
 */
export function samplesForPercentile(fraction: number, confidence = 0.95): number {
  requireFraction(fraction);
  requireConfidence(confidence);
  const oneSide = Math.max(fraction, 1 - fraction);
  let samples = Math.max(1, Math.floor(Math.log(1 - confidence) / Math.log(oneSide)));
  while (1 - oneSide ** samples < confidence) samples += 1;
  return samples;
}

/** The quantile, or undefined where there are fewer samples than `samplesForPercentile` asks for. */
export function percentile(
  values: readonly number[],
  fraction: number,
  confidence = 0.95,
): number | undefined {
  if (values.length < samplesForPercentile(fraction, confidence)) return undefined;
  return quantile(values, fraction);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
