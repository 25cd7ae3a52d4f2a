/**
 * Starts that stand out as slow. A mixture, such as one clone in five that is 10 ms late, leaves the
 * median and the Hodges-Lehmann shift where they were, so the slow ones are counted on both sides.
 *
 * It is the quantile test of Johnson, Verrill & Moore ("Two-sample rank tests for detecting changes
 * that occur in a small proportion of the treated population", Biometrics 43:3, 1987): which side do
 * the largest of all samples come from? Where "slow" begins is decided from both sides put together,
 * without knowing which sample is whose, so that the test stays exact for any distribution.
 */
import { quantileOfSorted, ascending, atRank } from '../statistics/sorting.js';
import { fisherExact, fisherLeastP, type Count } from '../statistics/fisher.js';
import { levelOfEachLook } from '../statistics/looks.js';
import { rateDifference } from '../statistics/rate-difference.js';
import type { Metric } from '../metrics.js';
import type { Judgement, TailComparison } from './comparison.js';
import type { Family } from './family.js';
import { limitOf, type Floor } from './floors.js';
import type { Values } from './shift.js';
import { amount, pText, percent } from './words.js';

/** One in five of the starts that are not slow anyway: ruled out before a tail is within noise. */
const ruledOut = 0.2;
/** A smaller difference in the part of slow starts is no regression however sure it is. */
const partFloor = 0.05;

/**
 * @param looks at which measuring may end because nothing is wrong, this one included
 * @returns what judges the tail once all tests have entered the family
 */
export function compareTail(
  metric: Metric,
  values: Values,
  floor: Floor,
  family: Family,
  looks: number,
): () => TailComparison {
  const pooled = ascending([...values.base, ...values.candidate]);
  const above = slowAbove(pooled, floor);
  const [base, candidate] = countsAbove(values, above);
  const slowest = countsAbove(values, Math.max(above, slowestTenth(pooled)));
  const { p, leastP } = weigh([base, candidate], slowest);
  const adjusted = family.enter(p, leastP);
  // 95 % one-sided over all looks: only what is worse needs ruling out (Schuirmann's one of two tests).
  const extra = rateDifference(base, candidate, 1 - 2 * levelOfEachLook(looks));
  return () => {
    const tail = { above, base, candidate, extra, p, pAdjusted: adjusted() };
    return { ...tail, ...judge(tail, metric, family.alpha) };
  };
}

/** A start is slow that is later than three quarters of all by more than the floor. */
function slowAbove(pooled: Float64Array, floor: Floor): number {
  return quantileOfSorted(pooled, 0.75) + limitOf(floor, quantileOfSorted(pooled, 0.5));
}

/** Of the chance of a false alarm, what the slowest tenth gets; the rest is for all slow starts. */
const tenthWeight = 0.8;

/** Two looks at the same samples as one test: weighted Bonferroni. One look where they are the same. */
function weigh(slow: readonly [Count, Count], slowest: readonly [Count, Count]) {
  const same = slow.every(({ events }, side) => events === slowest[side]?.events);
  const both = (test: (base: Count, candidate: Count) => number) =>
    same
      ? test(...slow)
      : Math.min(1, test(...slowest) / tenthWeight, test(...slow) / (1 - tenthWeight));
  return { p: both(fisherExact), leastP: both(fisherLeastP) };
}

/**
 * Where many starts are slow on both sides, the slowest tenth is looked at too: a few very slow ones of
 * one side would drown in the others, as one in five that are hardly slow would in a tenth that is the
 * host's noise. Eight at least, the fewest that can be significant with some to spare:
 * 8 from one side of 40 and 40 have p = 0.005.
 */
function slowestTenth(pooled: Float64Array): number {
  const most = Math.max(8, Math.ceil(pooled.length / 10));
  return pooled.length > most ? atRank(pooled, pooled.length - most) : -Infinity;
}

function countsAbove({ base, candidate }: Values, above: number): [Count, Count] {
  const count = (values: readonly number[]): Count => ({
    events: values.filter((value) => value > above).length,
    of: values.length,
  });
  return [count(base), count(candidate)];
}

function judge(
  { above, base, candidate, extra, pAdjusted }: Omit<TailComparison, keyof Judgement>,
  metric: Metric,
  alpha: number,
): Judgement {
  const { estimate, upper } = extra;
  const seen = `${counted(candidate)} took more than ${amount(above, metric)}, before ${counted(base)}`;
  if (pAdjusted <= alpha && Math.abs(estimate) >= partFloor) {
    const verdict = estimate > 0 ? 'regressed' : 'improved';
    return { verdict, because: `${seen} (${pText(pAdjusted)})`, mayBeWorse: estimate > 0 };
  }
  if (upper >= ruledOut * (1 - base.events / base.of)) {
    const because = `${seen}: ${percent(upper)} more slow starts are not ruled out; take more samples`;
    return { verdict: 'inconclusive', because, mayBeWorse: true };
  }
  const because = `${seen}: more than ${percent(upper)} more slow starts are ruled out`;
  return { verdict: 'within noise', because, mayBeWorse: false };
}

function counted({ events, of }: Count): string {
  return `${events} of ${of}`;
}
