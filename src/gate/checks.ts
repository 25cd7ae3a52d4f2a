/** How each kind of limit is judged of one cell. */
import type { CellComparison, Judgement, Side } from '../compare/comparison.js';
import { markNames } from '../marks.js';
import type { Metric } from '../metrics.js';
import type { LimitCheck, Limits } from '../parse/limits.js';
import { meetsOthers } from '../observations.js';
import type { RecordedCell } from '../results/record.js';
import { clopperPearsonInterval } from '../statistics/binomial.js';
import { ratioOfMedians } from '../statistics/bootstrap.js';
import { quantile } from '../statistics/describe.js';
import { quantileInterval } from '../statistics/interval.js';
import { requiredMarks } from '../tiers.js';
import { against } from './against.js';
import { counterpart, failuresOf, observationsIn, valuesOf } from './figures.js';
import { outcomes, type GateCase, type Outcome } from './verdict.js';

/** A cell on both sides, and what it is judged by. */
export interface Judged {
  readonly limits: Limits;
  readonly cell: CellComparison;
  readonly candidate: Side;
}

/** What a case comes to; undefined where the cell's tier has nothing of the kind. */
export type Finding = Pick<GateCase, 'outcome' | 'because' | 'comparison' | 'measured'>;

type Check<Kind extends LimitCheck['kind']> = (
  check: Extract<LimitCheck, { kind: Kind }>,
  judged: Judged,
) => Finding | undefined;

const checks: { readonly [Kind in LimitCheck['kind']]: Check<Kind> } = {
  regression: judgeRegression,
  ceiling: judgeCeiling,
  ratio: judgeRatio,
  'failure rate': judgeFailures,
};

export function judgeCheck(check: LimitCheck, judged: Judged): Finding | undefined {
  // The table's own type says that each function takes its own kind.
  return (checks[check.kind] as Check<LimitCheck['kind']>)(check, judged);
}

/** A shift of all starts, or more slow ones among them: the worse of both. */
function judgeRegression({ metric }: { readonly metric: Metric }, judged: Judged) {
  const { cell, limits } = judged;
  const lost = cell.missing.find((one) => one.metric.name === metric.name);
  if (lost !== undefined) return { outcome: 'error' as const, because: lost.because };
  const comparison = cell.metrics.find((one) => one.metric.name === metric.name);
  if (comparison === undefined) return undefined;
  const { base, candidate, tail } = comparison;
  const least = limits.minimumSamples;
  const scarce =
    base.n < candidate.n ? tooFew(base.n, least, 'the baseline has ') : tooFew(candidate.n, least);
  if (scarce !== undefined) return { ...scarce, comparison };
  const [worst] = [comparison, ...(tail === undefined ? [] : [tail])]
    .map(({ because, ...judgement }) => ({ outcome: outcomeOf(judgement), because }))
    .sort((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome));
  return worst === undefined ? undefined : { ...worst, comparison };
}

/** What may only be faster stops nobody. */
function outcomeOf({ verdict, mayBeWorse }: Omit<Judgement, 'because'>): Outcome {
  if (verdict === 'regressed') return 'regressed';
  return mayBeWorse ? 'inconclusive' : 'passed';
}

const fractions = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

function judgeCeiling(
  { metric, percentile, most }: Extract<LimitCheck, { kind: 'ceiling' }>,
  { cell, limits, candidate }: Judged,
): Finding | undefined {
  const fraction = fractions[percentile];
  const { id } = cell.candidate;
  const together = meetsOthers(cell.candidate);
  const ofRound = (round: readonly number[]) => quantile(round, fraction);
  const values = valuesOf(candidate, id, metric, ofRound);
  if (values.length === 0) return absent(metric, cell.candidate);
  // Of VMs that wait for one another: the percentile of each round, and its median over rounds.
  const over = together ? 0.5 : fraction;
  const interval = quantileInterval(values, over, 1 - limits.alpha);
  const scarce = tooFew(values.length, limits.minimumSamples);
  if (scarce !== undefined) return scarce;
  if (interval === undefined) {
    return {
      outcome: 'too few',
      because: `${values.length} samples give no interval of ${percentile}`,
    };
  }
  const { lower, upper } = interval;
  const value = quantile(values, over);
  return against({ value, lower, upper, most, unit: metric.unit });
}

/** The seed of the bootstrap: the same samples give the same verdict. */
const seed = 1;

function judgeRatio(
  { metric, to, most }: Extract<LimitCheck, { kind: 'ratio' }>,
  { cell, limits, candidate }: Judged,
): Finding | undefined {
  if (cell.candidate.tier === to) return undefined;
  const values = valuesOf(candidate, cell.candidate.id, metric);
  if (values.length === 0) return absent(metric, cell.candidate);
  const other = counterpart(candidate.cells, cell.candidate, to);
  const others = other === undefined ? [] : valuesOf(candidate, other.id, metric);
  if (others.length === 0) {
    return { outcome: 'error', because: `no ${to} of the same machine was measured beside it` };
  }
  const scarce = tooFew(Math.min(values.length, others.length), limits.minimumSamples);
  if (scarce !== undefined) return scarce;
  const confidence = 1 - limits.alpha;
  const { ratio, lower, upper } = ratioOfMedians(others, values, { seed, confidence });
  return against({ value: ratio, lower, upper, most, unit: 'times' });
}

function judgeFailures(
  { most }: { readonly most: number },
  { cell, limits, candidate }: Judged,
): Finding {
  // VMs that wait for one another fail together, too.
  const { counted, effective } = failuresOf(candidate, cell.candidate.id);
  const { events, of } = counted;
  if (of === 0) return { outcome: 'error', because: 'no start was recorded' };
  const scarce = tooFew(observationsIn(candidate, cell.candidate.id), limits.minimumSamples);
  const confidence = 1 - limits.alpha;
  const { lower, upper } = clopperPearsonInterval(effective.events, effective.of, confidence);
  const found = against({ value: events / of, lower, upper, most, unit: 'part' });
  // A few starts that nearly all fail are enough; a few good ones are not.
  if (scarce !== undefined && found.outcome !== 'regressed') return scarce;
  return { ...found, because: `${events} of ${of} starts failed: ${found.because}` };
}

function tooFew(n: number, least: number, whose = ''): Finding | undefined {
  if (n >= least) return undefined;
  return {
    outcome: 'too few',
    because: `${whose}${n} samples, and at least ${least} are asked for`,
  };
}

/** A metric without a single value: an error where the tier must deliver it. */
function absent({ name }: Metric, { tier, ends }: RecordedCell): Finding | undefined {
  const mark = markNames.find((one) => one === name);
  const owed = mark !== undefined && requiredMarks(tier, ends).includes(mark);
  if (!owed) return undefined;
  return { outcome: 'error', because: `no start gave a value of ${name} on both sides` };
}
