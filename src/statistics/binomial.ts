/** The binomial distribution, and what a count of failures says about the true failure rate. */
import { requireConfidence } from './arguments.js';
import { logChoose } from './factorial.js';
import { normalQuantile } from './normal.js';

/** P(X = k) for X ~ Binomial(n, probability). */
export function binomialPmf(k: number, n: number, probability: number): number {
  if (k < 0 || k > n) return 0;
  if (probability === 0) return k === 0 ? 1 : 0;
  if (probability === 1) return k === n ? 1 : 0;
  const logPower = k * Math.log(probability) + (n - k) * Math.log1p(-probability);
  return Math.exp(logChoose(n, k) + logPower);
}

/** P(X <= k) for X ~ Binomial(n, probability); 0 below 0 and 1 from n up. */
export function binomialCdf(k: number, n: number, probability: number): number {
  if (k >= n) return 1;
  let total = 0;
  for (let i = 0; i <= k; i += 1) total += binomialPmf(i, n, probability);
  return Math.min(1, total);
}

/** A two-sided interval of a rate, as fractions from 0 to 1. */
export interface RateInterval {
  readonly rate: number;
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
}

/**
 * Wilson's score interval (JASA 22, 1927; recommended by Brown, Cai & DasGupta, Statistical Science
 * 16:2, 2001): close to its confidence on average, and honest at 0 failures, where the textbook
 * interval has width 0. For a report. Throws RangeError unless 0 <= events <= trials, trials > 0.
 */
export function wilsonInterval(events: number, trials: number, confidence = 0.95): RateInterval {
  requireCounts(events, trials);
  requireConfidence(confidence);
  const z = normalQuantile((1 + confidence) / 2);
  const rate = events / trials;
  const shrink = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / shrink;
  const variance = (rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials);
  const half = (z * Math.sqrt(variance)) / shrink;
  // At the ends centre and half are equal on paper; rounding must not make 0 of n a non-zero rate.
  const lower = events === 0 ? 0 : centre - half;
  const upper = events === trials ? 1 : centre + half;
  return { rate, lower, upper, confidence };
}

/**
 * The interval of Clopper & Pearson (Biometrika 26, 1934): covers at least as often as it says for
 * every true rate, at the price of width. For a gate that must not blame chance.
 */
export function clopperPearsonInterval(
  events: number,
  trials: number,
  confidence = 0.95,
): RateInterval {
  requireCounts(events, trials);
  requireConfidence(confidence);
  const tail = (1 - confidence) / 2;
  const asFew = (rate: number): number => binomialCdf(events, trials, rate);
  const fewer = (rate: number): number => binomialCdf(events - 1, trials, rate);
  return {
    rate: events / trials,
    lower: events === 0 ? 0 : rateWhereFalling(fewer, 1 - tail),
    upper: events === trials ? 1 : rateWhereFalling(asFew, tail),
    confidence,
  };
}

/** Bisects for the rate at which a function that falls from 1 to 0 reaches the target. */
function rateWhereFalling(fallsWithRate: (rate: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  for (let middle = 0.5; middle > low && middle < high; middle = (low + high) / 2) {
    if (fallsWithRate(middle) > target) low = middle;
    else high = middle;
  }
  return high;
}

function requireCounts(events: number, trials: number): void {
  const whole = Number.isInteger(events) && Number.isInteger(trials);
  if (!whole || trials < 1 || events < 0 || events > trials) {
    throw new RangeError(`expected 0 <= events <= trials and trials > 0, got ${events}/${trials}`);
  }
}
