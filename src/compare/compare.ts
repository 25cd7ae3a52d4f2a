/** Sixth stage: two sides to a comparison. Pure. Warm-up starts are left out, failed ones counted. */
import { comparableHosts, type HostRecord } from '../host/compare.js';
import { metrics, type Metric } from '../metrics.js';
import type { SkippedCell } from '../plan/cell.js';
import type { SampleRecord } from '../results/columns.js';
import { accelLabel, type RecordedCell } from '../results/record.js';
import type { Count } from '../statistics/fisher.js';
import type { CellComparison, Comparison, MetricComparison, Side } from './comparison.js';
import { differencesOf, type CellPair } from './differences.js';
import { compareFailures } from './failures.js';
import { Family } from './family.js';
import { defaultFloors, judgedMetrics, limitOf, tailMetrics, type Floors } from './floors.js';
import { differenceOf, judgeShift, ratioOf, type Values } from './shift.js';
import { failureEffect, observations } from '../observations.js';
import { compareStages, type Starts } from './stages.js';
import { compareTail } from './tail.js';

export interface CompareOptions {
  /** The chance that any verdict "regressed" or "improved" is false, over all cells and metrics. */
  readonly alpha: number;
  /** Of the bootstrap. */
  readonly seed: number;
  readonly resamples?: number | undefined;
  readonly floors?: Floors | undefined;
  /**
   * At how many sizes of the samples one looks, this one included, to stop at the first where nothing
   * is wrong; 1 unless said otherwise.
   */
  readonly looks?: number | undefined;
  /** Names of the metrics that are judged. */
  readonly metrics?: readonly string[] | undefined;
}

/**
 * Cells are paired by their ids. Whether the hosts may be compared is said, not enforced.
 *
 * @param base and candidate: sides that a knob tells apart must give their cells the same ids
 */
export function compareSides(base: Side, candidate: Side, options: CompareOptions): Comparison {
  const family = new Family(options.alpha);
  const pairs = pairsOf(base, candidate);
  const pending = pairs.map((pair) => compareCell(pair, base, candidate, options, family));
  const ids = (side: Side) => side.cells.map(({ id }) => id);
  const missingFrom = (side: Side) => (id: string) => !ids(side).includes(id);
  return {
    base: base.name,
    candidate: candidate.name,
    host: comparableHosts(base.host, candidate.host),
    alpha: options.alpha,
    seed: options.seed,
    tests: family.size,
    cells: pending.map((judged) => judged()),
    onlyBase: ids(base).filter(missingFrom(candidate)),
    onlyCandidate: ids(candidate).filter(missingFrom(base)),
    skipped: skippedIn(base, candidate),
    measuredWith: measuredWith(pairs, base, candidate),
    differences: differencesOf(pairs, base, candidate),
  };
}

/** One cell once, whichever side it is of. */
function skippedIn(base: Side, candidate: Side): readonly SkippedCell[] {
  const all = [...base.skipped, ...candidate.skipped];
  return [...new Map(all.map((one) => [one.cell.id, one] as const)).values()];
}

function pairsOf(base: Side, candidate: Side): readonly CellPair[] {
  return base.cells.flatMap((cell) => {
    const twin = candidate.cells.find(({ id }) => id === cell.id);
    return twin === undefined ? [] : [{ base: cell, candidate: twin }];
  });
}

function measuredWith(
  pairs: readonly CellPair[],
  { host }: Side,
  candidate: Side,
): readonly string[] {
  const told = ({ accel, qemuVersion }: RecordedCell, { kvm }: HostRecord) =>
    `${accelLabel(accel, kvm)}, ${accel === 'none' ? '' : 'QEMU '}${qemuVersion}`;
  const all = pairs.flatMap((pair) => [
    told(pair.base, host),
    told(pair.candidate, candidate.host),
  ]);
  return [...new Set(all)];
}

/** Enters the cell's tests into the family; what is returned judges them. */
function compareCell(
  pair: CellPair,
  base: Side,
  candidate: Side,
  options: CompareOptions,
  family: Family,
): () => CellComparison {
  const { id } = pair.base;
  const [before, after] = [measured(base, id), measured(candidate, id)];
  const starts = { base: succeeded(before), candidate: succeeded(after) };
  const judged = options.metrics ?? judgedMetrics;
  const isJudged = ({ name }: Metric) => judged.includes(name);
  const both = metrics.flatMap((metric) => {
    const values = valuesOf(metric, starts);
    return values.base.length > 0 && values.candidate.length > 0 ? [{ metric, values }] : [];
  });
  const pending = both
    .filter(({ metric }) => isJudged(metric))
    .map(({ metric, values }) => compareMetric(id, metric, values, options, family));
  // One effect for both sides: with none failed a side tells nothing of how they fail together.
  const effect = Math.max(failureEffect(before), failureEffect(after));
  const failures = compareFailures(failedOf(before), failedOf(after), effect, family);
  return () => ({
    id,
    ...pair,
    metrics: pending.map((judge) => judge()),
    missing: missingMetrics(metrics.filter(isJudged), starts),
    others: both
      .filter(({ metric }) => !isJudged(metric))
      .map(({ metric, values }) => differenceOf(metric, values)),
    failures: failures(),
    stages: compareStages(starts),
  });
}

function compareMetric(
  cell: string,
  metric: Metric,
  values: Values,
  { seed, resamples, floors = defaultFloors, looks = 1 }: CompareOptions,
  family: Family,
): () => MetricComparison {
  const difference = differenceOf(metric, values);
  const floor = floors(cell, metric);
  const adjusted = family.enter(difference.p);
  const tail = tailMetrics.includes(metric.name)
    ? compareTail(metric, values, floor, family, looks)
    : undefined;
  return () => {
    const limit = limitOf(floor, difference.base.p50);
    const pAdjusted = adjusted();
    const bounds = { limit, alpha: family.alpha, pAdjusted, tests: family.size };
    const judgement = judgeShift(difference, bounds);
    const ratio = ratioOf(values, { seed, ...(resamples === undefined ? {} : { resamples }) });
    return { ...difference, ...judgement, floor, ratio, pAdjusted, tail: tail?.() };
  };
}

/** What only one side has; where no start of either succeeded, all that is judged. */
function missingMetrics(judged: readonly Metric[], starts: Starts): CellComparison['missing'] {
  return judged.flatMap((metric) => {
    const { base, candidate } = valuesOf(metric, starts);
    const none = starts.base.length === 0 && starts.candidate.length === 0;
    if (!none && (base.length === 0) === (candidate.length === 0)) return [];
    return [{ metric, because: becauseMissing(starts, base.length === 0) }];
  });
}

function becauseMissing({ base, candidate }: Starts, ofBase: boolean): string {
  if (base.length === 0 && candidate.length === 0) return 'no start of either side succeeded';
  const side = ofBase ? 'baseline' : 'candidate';
  return (ofBase ? base : candidate).length === 0
    ? `no start of the ${side} succeeded`
    : `no start of the ${side} has it`;
}

function measured({ samples }: Side, cell: string): readonly SampleRecord[] {
  return samples.filter((sample) => sample['cell'] === cell && sample['phase'] === 'measure');
}

function succeeded(rows: readonly SampleRecord[]): readonly SampleRecord[] {
  return rows.filter((row) => row['state'] === 'ok');
}

function failedOf(rows: readonly SampleRecord[]): Count {
  return { events: rows.length - succeeded(rows).length, of: rows.length };
}

function valuesOf({ column }: Metric, { base, candidate }: Starts): Values {
  return { base: observations(base, column), candidate: observations(candidate, column) };
}
