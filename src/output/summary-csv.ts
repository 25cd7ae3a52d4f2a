/** summary.csv: one row for each cell and metric. */
import type { CellSummary, MetricSummary, Summary } from '../summarise.js';
import { warningText } from '../warnings.js';
import type { SampleRecord } from '../results/columns.js';

export const summaryColumns = [
  ...['cell', 'scenario', 'tier', 'guest', 'accel', 'qemu', 'machine', 'memory_mib', 'vcpus'],
  ...['concurrency', 'metric', 'unit', 'n', 'failed', 'min', 'p50', 'p50_low', 'p50_high', 'p90'],
  ...['p99', 'max', 'mean', 'sd', 'mad', 'ratio_to_cold', 'warnings'],
] as const;

const dimensions = summaryColumns.slice(0, 10);

export function summaryRecords(summary: Pick<Summary, 'cells'>): SampleRecord[] {
  return summary.cells.flatMap((cell) =>
    cell.metrics.length === 0
      ? [{ ...dimensionsOf(cell), ...countsOf(cell) }]
      : cell.metrics.map((metric) => summaryRecord(cell, metric)),
  );
}

function summaryRecord(cell: CellSummary, own: MetricSummary): SampleRecord {
  return {
    ...dimensionsOf(cell),
    ...countsOf(cell),
    metric: own.metric.name,
    unit: own.metric.unit,
    n: String(own.values.length),
    min: figure(own.min),
    p50: figure(own.p50),
    p50_low: figure(own.p50Low),
    p50_high: figure(own.p50High),
    p90: figure(own.p90),
    p99: figure(own.p99),
    max: figure(own.max),
    mean: figure(own.mean),
    sd: figure(own.sd),
    mad: figure(own.mad),
    ratio_to_cold: figure(own.ratioToCold),
  };
}

function dimensionsOf(cell: CellSummary): SampleRecord {
  const fields = dimensions.map((name) => [name, cell.row[name] ?? '']);
  return Object.fromEntries(fields) as SampleRecord;
}

function countsOf(cell: CellSummary): SampleRecord {
  const warnings = cell.warnings.map(warningText).join(' | ');
  return { n: String(cell.n), failed: String(cell.failed), warnings };
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : String(Math.round(value * 10_000) / 10_000);
}
