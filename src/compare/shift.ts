/** One metric of one cell: by how much it shifted, and whether that is a regression. */
import type { Metric } from '../metrics.js';
import {
  ratioOfMedians,
  type BootstrapOptions,
  type RatioInterval,
} from '../statistics/bootstrap.js';
import { median, percentile } from '../statistics/describe.js';
import { cliffsDelta } from '../statistics/effect.js';
import { hodgesLehmannShift } from '../statistics/hodges-lehmann.js';
import { medianInterval } from '../statistics/interval.js';
import { mannWhitney } from '../statistics/mann-whitney.js';
import type { Judgement, MetricDifference, SideFigures } from './comparison.js';
import { amount, pText, signed } from './words.js';

/** Neither list may be empty. */
export interface Values {
  readonly base: readonly number[];
  readonly candidate: readonly number[];
}

export function differenceOf(metric: Metric, { base, candidate }: Values): MetricDifference {
  const shift = hodgesLehmannShift(base, candidate);
  const figures = figuresOf(base);
  return {
    metric,
    base: figures,
    candidate: figuresOf(candidate),
    shift,
    relative: figures.p50 === 0 ? undefined : shift.estimate / figures.p50,
    p: mannWhitney(base, candidate).p,
    effect: cliffsDelta(base, candidate),
  };
}

function figuresOf(values: readonly number[]): SideFigures {
  return {
    n: values.length,
    p50: median(values),
    interval: medianInterval(values),
    p90: percentile(values, 0.9),
  };
}

export function ratioOf(
  { base, candidate }: Values,
  options: BootstrapOptions,
): RatioInterval | undefined {
  const positive = [...base, ...candidate].every((value) => value > 0);
  return positive ? ratioOfMedians(base, candidate, options) : undefined;
}

/** What a shift is judged by. */
export interface ShiftBounds {
  /** What a difference must exceed, in the metric's unit. */
  readonly limit: number;
  readonly alpha: number;
  readonly pAdjusted: number;
  readonly tests: number;
}

/**
 * `regressed` and `improved` need both: significance after the correction, and a shift above the
 * floors. `within noise` is no mere lack of significance, which a careless enough measurement always
 * attains: the whole interval must lie inside the floors, as in a test of equivalence (Schuirmann,
 * Journal of Pharmacokinetics and Biopharmaceutics 15:6, 1987). What is neither is inconclusive.
 */
export function judgeShift(difference: MetricDifference, bounds: ShiftBounds): Judgement {
  const { shift, metric, p } = difference;
  const { limit, alpha, pAdjusted } = bounds;
  const { estimate, interval } = shift;
  if (pAdjusted <= alpha && Math.abs(estimate) > limit) {
    const verdict = estimate > 0 ? 'regressed' : 'improved';
    const because = `the shift of ${signed(estimate, metric)} is above the floor of ${amount(limit, metric)} and significant (${pText(pAdjusted)})`;
    return { verdict, because, mayBeWorse: estimate > 0 };
  }
  if (interval === undefined) return tooFew(difference);
  const mayBeWorse = interval.upper >= limit;
  if (!mayBeWorse && interval.lower > -limit) {
    const real = pAdjusted <= alpha ? 'a difference there is, but ' : '';
    const because = `${real}the shift is surely below the floor of ${amount(limit, metric)}`;
    return { verdict: 'within noise', because, mayBeWorse };
  }
  if (p <= alpha && Math.abs(estimate) > limit) {
    const because = `${pText(p)} is no proof among ${bounds.tests} tests (${pText(pAdjusted)} corrected); take more samples`;
    return { verdict: 'inconclusive', because, mayBeWorse };
  }
  return { verdict: 'inconclusive', because: tooWide(difference, limit), mayBeWorse };
}

function tooFew({ base, candidate }: MetricDifference): Judgement {
  const because = `${base.n} and ${candidate.n} samples are too few for an interval of the shift`;
  return { verdict: 'inconclusive', because, mayBeWorse: true };
}

/**
 * With equal sides the estimate itself scatters by half of the interval, so that must be half of the
 * floor for the interval to lie inside it nineteen times of twenty; its width falls with the root of n.
 */
function tooWide({ shift, metric, base, candidate }: MetricDifference, limit: number): string {
  const { lower = 0, upper = 0 } = shift.interval ?? {};
  const half = (upper - lower) / 2;
  const needed = Math.ceil(Math.min(base.n, candidate.n) * ((2 * half) / limit) ** 2);
  const where = `the shift lies between ${signed(lower, metric)} and ${signed(upper, metric)}, the floor is ${amount(limit, metric)}`;
  return half > limit / 2 ? `${where}: about ${needed} samples a side would tell` : where;
}
