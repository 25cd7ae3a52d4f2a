/** Fifth stage: samples to figures. Pure. Failed and warm-up starts are counted, never averaged. */
import { isTraced } from './boot-stages.js';
import { metrics, type Metric } from './metrics.js';
import { startTogether } from './observations.js';
import type { RunRecord } from './results/record.js';
import type { SampleRecord } from './results/columns.js';
import * as describe from './statistics/describe.js';
import { medianInterval } from './statistics/interval.js';
import { tierNames, type TierName } from './tiers.js';
import { cellWarnings, type CellWarning, type Twins } from './warnings.js';

/** What is said of one metric; undefined where the samples do not support it. */
export interface MetricSummary {
  readonly metric: Metric;
  readonly values: readonly number[];
  readonly min: number;
  readonly p50: number;
  /** 95 % order-statistic interval of the median; needs 6 samples. */
  readonly p50Low: number | undefined;
  readonly p50High: number | undefined;
  /** Need 29 and 299 samples: with fewer there is no 95 % upper bound for them. */
  readonly p90: number | undefined;
  readonly p99: number | undefined;
  readonly max: number;
  readonly mean: number;
  readonly sd: number | undefined;
  readonly mad: number;
  /** Of this metric's median to that of the same machine's cold boot. */
  readonly ratioToCold: number | undefined;
}

export interface CellSummary {
  readonly id: string;
  /** The cell's dimensions, as its rows carry them. */
  readonly row: SampleRecord;
  readonly tier: TierName;
  readonly n: number;
  readonly failed: number;
  /** The distinct failures, most frequent first. */
  readonly failures: readonly string[];
  readonly metrics: readonly MetricSummary[];
  readonly warnings: readonly CellWarning[];
}

export interface Summary {
  readonly cells: readonly CellSummary[];
  /** Cells whose boots were traced: no figure of theirs stands beside those of others. */
  readonly traced: readonly CellSummary[];
}

/** @param record of the run the samples belong to; gives the cells and their order */
export function summarise(record: RunRecord, samples: readonly SampleRecord[]): Summary {
  const measured = samples.filter((sample) => sample['phase'] === 'measure');
  const cells = record.cells.flatMap(({ id }) => {
    const rows = measured.filter((sample) => sample['cell'] === id);
    return rows.length === 0 ? [] : [summariseCell(id, rows)];
  });
  const machines = record.cells.map(({ id }) => machineOf(id));
  const rank = ({ id, tier }: CellSummary) =>
    machines.indexOf(machineOf(id)) * tierNames.length + tierNames.indexOf(tier);
  cells.sort((a, b) => rank(a) - rank(b));
  const shown = cells.filter(({ row }) => !isTraced(row));
  return {
    cells: shown.map((cell) => withRatios(cell, shown)),
    traced: cells.filter(({ row }) => isTraced(row)).map(onlyFailures),
  };
}

/** A few starts are enough to see where time goes; what warns of too few is for figures. */
function onlyFailures(cell: CellSummary): CellSummary {
  return { ...cell, warnings: cell.warnings.filter(({ kind }) => kind === 'failures') };
}

/** A cell's id without its tier: cells that share it start the same machine in different ways. */
function machineOf(id: string): string {
  return id.slice(id.indexOf('/'));
}

function summariseCell(id: string, rows: readonly SampleRecord[]): CellSummary {
  const [row = {}] = rows;
  const ok = rows.filter((sample) => sample['state'] === 'ok');
  const failures = countFailures(rows.filter((sample) => sample['state'] !== 'ok'));
  const failed = rows.length - ok.length;
  const summaries = metrics.flatMap((metric) => summariseMetric(metric, ok));
  const ready = summaries.find(({ metric }) => metric.name === 'ready');
  const together = isTogether({ row });
  return {
    id,
    row,
    tier: row['tier'] as TierName,
    n: ok.length,
    failed,
    failures,
    metrics: together ? summaries.map(withoutInterval) : summaries,
    warnings: cellWarnings({
      ...{ ok: ok.length, failed, failures },
      ready: together ? undefined : ready,
      twins: twinsOf(ok),
      atOnce: ok.filter((one) => one['ready_ms'] !== '' && one['ready_ms'] === one['work_ms'])
        .length,
    }),
  };
}

/** By the random bytes at the beginning of `guest_id`, drawn just before `work`. */
function twinsOf(rows: readonly SampleRecord[]): Twins | undefined {
  const randomOf = (row: SampleRecord) =>
    /^[0-9a-f]{64}(?=-)/.exec(row['guest_id'] ?? '')?.[0] ?? '';
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(randomOf(row), (counts.get(randomOf(row)) ?? 0) + 1);
  const alike = rows.filter((row) => randomOf(row) !== '' && (counts.get(randomOf(row)) ?? 0) > 1);
  if (alike.length === 0) return undefined;
  const ages = alike.map((row) => Number(row['work_ms']) - Number(row['resumed_ms']));
  return { count: alike.length, untilMs: describe.maximum(ages) };
}

/**
 * Whether the cell's VMs start or live beside others of it. Then a start is no independent sample: it
 * has no interval of its own, and the checks of independent ones would cry wolf.
 */
export function isTogether({ row }: Pick<CellSummary, 'row'>): boolean {
  return startTogether(row);
}

function withoutInterval(summary: MetricSummary): MetricSummary {
  return { ...summary, p50Low: undefined, p50High: undefined };
}

/** The cells whose VMs start and live by themselves: those of the ladder. */
export function alone({ cells, traced }: Summary): Summary {
  return { cells: cells.filter((cell) => !isTogether(cell)), traced };
}

/** The distinct failures with their counts, most frequent first. */
function countFailures(broken: readonly SampleRecord[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { failure = '' } of broken) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  return [...counts.entries()]
    .sort(([, a], [, b]) => b - a)
    .map(([failure, count]) => `${count} x "${failure}"`);
}

function summariseMetric(metric: Metric, rows: readonly SampleRecord[]): MetricSummary[] {
  const values = rows
    .map((row) => row[metric.column] ?? '')
    .filter((text) => text !== '')
    .map(Number);
  if (values.length === 0) return [];
  const interval = medianInterval(values);
  return [
    {
      metric,
      values,
      min: describe.minimum(values),
      p50: describe.median(values),
      p50Low: interval?.lower,
      p50High: interval?.upper,
      p90: describe.percentile(values, 0.9),
      p99: describe.percentile(values, 0.99),
      max: describe.maximum(values),
      mean: describe.mean(values),
      sd: describe.standardDeviation(values),
      mad: describe.medianAbsoluteDeviation(values),
      ratioToCold: undefined,
    },
  ];
}

/**
 * Columns in which a cell equals the cold boot it is compared with. `backing` is not one: only
 * templates have it, so one cold boot may stand for several.
 */
const machineColumns = [
  ...['scenario', 'guest', 'accel', 'qemu', 'machine', 'memory_mib', 'vcpus', 'concurrency'],
  ...['firmware', 'cpu', 'kernel_arguments', 'working_set_mib', 'page_cache'],
  ...['thp', 'alive', 'rate', 'image', 'initramfs_packing', 'initramfs_fill_mib', 'ends'],
];

/** Every column that is a dimension of a cell, and not one of its starts'. */
export const dimensionColumns = [
  ...machineColumns,
  ...['tier', 'backing', 'identity', 'observe_ms', 'qemu_cpus', 'tenant'],
];

/** The cold boot of the same machine; undefined where there is none, or no telling which. */
function coldOf(cell: CellSummary, all: readonly CellSummary[]): CellSummary | undefined {
  const alike = all.filter(
    ({ tier, row }) =>
      tier === 'cold' && machineColumns.every((column) => row[column] === cell.row[column]),
  );
  const exact = alike.find(({ id }) => machineOf(id) === machineOf(cell.id));
  return exact ?? (alike.length === 1 ? alike[0] : undefined);
}

function withRatios(cell: CellSummary, all: readonly CellSummary[]): CellSummary {
  const cold = coldOf(cell, all);
  const withRatio = (own: MetricSummary): MetricSummary => {
    const base = cold === undefined ? undefined : metricOf(cold, own.metric.name);
    return { ...own, ratioToCold: base === undefined ? undefined : own.p50 / base.p50 };
  };
  return { ...cell, metrics: cell.metrics.map(withRatio) };
}

export function metricOf(cell: CellSummary, name: string): MetricSummary | undefined {
  return cell.metrics.find(({ metric }) => metric.name === name);
}
