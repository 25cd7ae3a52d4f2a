/**
 * The `customSmallerIsBetter` input of github-action-benchmark, which draws a history and warns of
 * jumps: https://github.com/benchmark-action/github-action-benchmark
 */
import { metricOf, type CellSummary, type MetricSummary, type Summary } from '../../summarise.js';
import { rounded, showMs } from '../numbers.js';

interface Entry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Shown beside the value as it is. */
  readonly range?: string;
  /** Shown where one points at the value. */
  readonly extra: string;
}

/** The median of each cell and metric, with its 95 % interval. */
export function customSmallerIsBetter(
  { cells }: Summary,
  metrics: readonly string[],
  accelOf: (accel: string) => string,
): readonly Entry[] {
  return cells.flatMap((cell) =>
    metrics.flatMap((name) => {
      const found = metricOf(cell, name);
      return found === undefined ? [] : [entry(cell, found, accelOf(cell.row['accel'] ?? ''))];
    }),
  );
}

function entry(
  cell: CellSummary,
  { metric, p50, p50Low, p50High }: MetricSummary,
  accel: string,
): Entry {
  return {
    name: `${cell.id} ${metric.name}`,
    unit: metric.unit,
    value: rounded(p50),
    ...(p50Low === undefined || p50High === undefined
      ? {}
      : { range: `[${showMs(p50Low)}, ${showMs(p50High)}]` }),
    extra: `median of ${cell.n} starts, 95 % interval; ${cell.failed} failed\nQEMU ${cell.row['qemu'] ?? ''}, ${accel}`,
  };
}
