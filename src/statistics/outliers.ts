/** Samples that stand apart. They are named, never dropped: a slow start is a start. */
import { mean, median, medianAbsoluteDeviation } from './describe.js';

/** Iglewicz & Hoaglin, "How to Detect and Handle Outliers", 1993: the cut they recommend. */
export const OUTLIER_SCORE = 3.5;

export interface Outlier {
  /** 0-based position in the list given. */
  readonly index: number;
  readonly value: number;
  /** Modified z-score: positive above the median. */
  readonly score: number;
}

/** The samples whose modified z-score is beyond the threshold, in the order given. */
export function outliers(values: readonly number[], threshold = OUTLIER_SCORE): Outlier[] {
  const score = scorer(values);
  return values
    .map((value, index) => ({ index, value, score: score(value) }))
    .filter((sample) => Math.abs(sample.score) > threshold);
}

export interface SlowFirst {
  readonly value: number;
  /** Modified z-score of the first sample against the others. */
  readonly score: number;
  /** First sample over the others' median. */
  readonly ratio: number;
}

/**
 * The first sample, where it is slower than the rest by more than the threshold: the sign of a
 * warm-up that was too short. The rest alone sets the scale, so the first cannot hide itself.
 * Undefined where it is not slower, or with fewer than 5 others to judge by.
 */
export function slowFirst(
  values: readonly number[],
  threshold = OUTLIER_SCORE,
): SlowFirst | undefined {
  const [value, ...rest] = values;
  if (value === undefined || rest.length < 5) return undefined;
  const score = scorer(rest)(value);
  if (score <= threshold) return undefined;
  return { value, score, ratio: value / median(rest) };
}

/**
 * The modified z-score 0.6745 (x - median) / MAD. Where over half of the samples are equal the MAD
 * is 0 and the mean absolute deviation serves instead, scaled to agree for a normal sample, as
 * Iglewicz & Hoaglin advise. Where all are equal, any other value is infinitely far.
 */
function scorer(values: readonly number[]): (value: number) => number {
  const centre = median(values);
  const scale = spread(values, centre);
  return (value) => (value === centre ? 0 : (value - centre) / scale);
}

function spread(values: readonly number[], centre: number): number {
  const mad = medianAbsoluteDeviation(values);
  if (mad > 0) return mad / 0.6745;
  return 1.253314 * mean(values.map((value) => Math.abs(value - centre)));
}
