/** Did the host change while the samples were taken? Values must be in the order they ran. */
import { requireConfidence } from './arguments.js';
import { mean, median } from './describe.js';
import { mannWhitney } from './mann-whitney.js';
import { normalQuantile } from './normal.js';
import { midranks } from './ranks.js';

export interface Drift {
  readonly firstMedian: number;
  readonly lastMedian: number;
  /** (last - first) / first; positive where the run became slower. */
  readonly relativeChange: number;
  /** Two-sided Mann-Whitney p of the first third against the last. */
  readonly p: number;
  readonly detected: boolean;
}

export interface DriftLimits {
  readonly significance: number;
  /** A smaller relative change is not worth a warning however sure it is. */
  readonly relativeChange: number;
}

/** Strict, because a run of twenty quiet cells should warn in none of them. */
const DRIFT_LIMITS: DriftLimits = { significance: 0.01, relativeChange: 0.01 };

/** Five against five is the least that can reach p < 0.01 (2/252). */
const LEAST_THIRD = 5;

/** First third against last third; undefined below 15 samples. The middle is left out on purpose. */
export function driftOfThirds(
  inRunOrder: readonly number[],
  limits: DriftLimits = DRIFT_LIMITS,
): Drift | undefined {
  const third = Math.floor(inRunOrder.length / 3);
  if (third < LEAST_THIRD) return undefined;
  const first = inRunOrder.slice(0, third);
  const last = inRunOrder.slice(-third);
  const firstMedian = median(first);
  const lastMedian = median(last);
  const relativeChange = (lastMedian - firstMedian) / firstMedian;
  const { p } = mannWhitney(first, last);
  const detected = p < limits.significance && Math.abs(relativeChange) >= limits.relativeChange;
  return { firstMedian, lastMedian, relativeChange, p, detected };
}

export interface LagOne {
  /** From about -1 to 1; 0 where each sample tells nothing of the next. */
  readonly correlation: number;
  /** Independent samples stay within +-bound at the confidence asked for. */
  readonly bound: number;
  readonly detected: boolean;
}

/**
 * Lag-1 autocorrelation with the large-sample bound z/sqrt(n) (Box & Jenkins, "Time Series
 * Analysis", 2.1.6; R's `acf`). Beyond it the samples are not independent, and every interval that
 * assumes so is too narrow (or, below -bound, too wide). Undefined for fewer than 10 samples, where
 * the bound is poor, and where all are equal.
 */
export function lagOneCorrelation(
  inRunOrder: readonly number[],
  confidence = 0.95,
): LagOne | undefined {
  requireConfidence(confidence);
  if (inRunOrder.length < 10) return undefined;
  const centre = mean(inRunOrder);
  const deviations = inRunOrder.map((value) => value - centre);
  const variance = sumOfProducts(deviations, deviations);
  if (variance === 0) return undefined;
  const correlation = sumOfProducts(deviations, deviations.slice(1)) / variance;
  const bound = normalQuantile((1 + confidence) / 2) / Math.sqrt(inRunOrder.length);
  return { correlation, bound, detected: Math.abs(correlation) > bound };
}

/** Strict for the same reason: of a thousand quiet cells about one is beyond it. */
const SERIAL_CONFIDENCE = 0.999;

/** An AR(1) of this correlation makes an interval a third too narrow; less is not worth a warning. */
const LEAST_SERIAL = 0.3;

/**
 * {@link lagOneCorrelation} of the ranks (Wald & Wolfowitz, "An exact test for randomness in the
 * non-parametric case based on serial correlation", Annals of Mathematical Statistics 14, 1943):
 * two stray slow starts in a row do not look like a pattern, as they would in the values.
 */
export function serialCorrelation(inRunOrder: readonly number[]): LagOne | undefined {
  const found = lagOneCorrelation(midranks(inRunOrder), SERIAL_CONFIDENCE);
  if (found === undefined) return undefined;
  return { ...found, detected: found.detected && Math.abs(found.correlation) >= LEAST_SERIAL };
}

function sumOfProducts(left: readonly number[], right: readonly number[]): number {
  return right.reduce((total, value, i) => total + value * (left[i] ?? 0), 0);
}
