/** An interval of "how many times as long", which has no distribution-free one of its own. */
import { requireConfidence } from './arguments.js';
import { createRandom, type Random } from './random.js';
import { ascending, atRank, medianOfSorted, quantileOfSorted } from './sorting.js';

export interface RatioInterval {
  /** median(candidate) / median(baseline). */
  readonly ratio: number;
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
  readonly method: 'percentile bootstrap';
  readonly resamples: number;
  readonly seed: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly confidence?: number;
  readonly resamples?: number;
}

/**
 * Efron's percentile bootstrap of a ratio of medians, each sample resampled on its own. Not BCa:
 * its acceleration comes from a jackknife, which is inconsistent for a median (Efron & Tibshirani,
 * "An Introduction to the Bootstrap", 1993, 11.6). The same seed gives the same interval. Throws
 * RangeError unless both samples are non-empty and all values above 0.
 */
export function ratioOfMedians(
  baseline: readonly number[],
  candidate: readonly number[],
  { seed, confidence = 0.95, resamples = 2000 }: BootstrapOptions,
): RatioInterval {
  requireConfidence(confidence);
  const below = ascendingPositive(baseline);
  const above = ascendingPositive(candidate);
  const random = createRandom(seed);
  const ratios = new Float64Array(resamples).map(
    () => resampledMedian(above, random) / resampledMedian(below, random),
  );
  ratios.sort();
  const tail = (1 - confidence) / 2;
  return {
    ratio: medianOfSorted(above) / medianOfSorted(below),
    lower: quantileOfSorted(ratios, tail),
    upper: quantileOfSorted(ratios, 1 - tail),
    confidence,
    method: 'percentile bootstrap',
    resamples,
    seed,
  };
}

function ascendingPositive(values: readonly number[]): Float64Array {
  const sorted = ascending(values);
  const least = atRank(sorted, 1);
  if (least <= 0) throw new RangeError(`a ratio needs values above 0, got ${least}`);
  return sorted;
}

function resampledMedian(values: Float64Array, random: Random): number {
  const resample = values.map(() => atRank(values, 1 + random.below(values.length)));
  return medianOfSorted(resample.sort());
}
