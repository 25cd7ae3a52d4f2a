/** The shape of `hyperfine --export-json`, for the many scripts that read it; times in s. */
import { metricOf, type CellSummary, type MetricSummary, type Summary } from '../../summarise.js';

interface Result {
  readonly command: string;
  readonly mean: number;
  readonly stddev: number | null;
  readonly median: number;
  /** Never known: the processor time of a start is measured as a whole. */
  readonly user: null;
  readonly system: null;
  readonly min: number;
  readonly max: number;
  readonly times: readonly number[];
  readonly exit_codes: readonly number[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** One result for each cell and metric that is a time. Failed starts have no time; they are counted. */
export function hyperfineResults(
  { cells }: Summary,
  metrics: readonly string[],
  accelOf: (accel: string) => string,
): { readonly results: readonly Result[] } {
  const results = cells.flatMap((cell) =>
    metrics.flatMap((name) => {
      const found = metricOf(cell, name);
      return found?.metric.unit === 'ms' ? [result(cell, found, accelOf)] : [];
    }),
  );
  return { results };
}

function result(cell: CellSummary, of: MetricSummary, accelOf: (accel: string) => string): Result {
  return {
    command: `${cell.id} ${of.metric.name}`,
    mean: seconds(of.mean),
    stddev: of.sd === undefined ? null : seconds(of.sd),
    median: seconds(of.p50),
    user: null,
    system: null,
    min: seconds(of.min),
    max: seconds(of.max),
    times: of.values.map(seconds),
    exit_codes: of.values.map(() => 0),
    parameters: parameters(cell, accelOf),
  };
}

const dimensions = ['tier', 'guest', 'accel', 'qemu', 'machine', 'memory_mib', 'vcpus'];

function parameters(
  { row, failed }: CellSummary,
  accelOf: (accel: string) => string,
): Readonly<Record<string, string>> {
  const fields = dimensions.map((name) => [name, row[name] ?? ''] as const);
  const run = [
    ['run_by', accelOf(row['accel'] ?? '')],
    ['failed', String(failed)],
  ] as const;
  return Object.fromEntries([...fields, ...run]);
}

/** To the nanosecond: samples have no more, and 0.1 ms is no binary fraction. */
function seconds(ms: number): number {
  return Number((ms / 1000).toFixed(9));
}
