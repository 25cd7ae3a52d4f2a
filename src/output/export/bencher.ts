/** Bencher Metric Format, for `bencher run --adapter json`: https://bencher.dev/docs */
import { metricOf, type CellSummary, type Summary } from '../../summarise.js';
import { rounded } from '../numbers.js';

interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

type Measures = Readonly<Record<string, Metric>>;

/**
 * Benchmark to measure to metric. A benchmark is a cell; a measure is named with its unit, because
 * Bencher's own `latency` is in ns. The ends are those of the median's 95 % interval.
 */
export function bencherMetrics(
  { cells }: Summary,
  metrics: readonly string[],
): Readonly<Record<string, Measures>> {
  return Object.fromEntries(cells.map((cell) => [cell.id, measures(cell, metrics)]));
}

function measures(cell: CellSummary, metrics: readonly string[]): Measures {
  const entries = metrics.flatMap((name): (readonly [string, Metric])[] => {
    const found = metricOf(cell, name);
    if (found === undefined) return [];
    const { metric, p50, p50Low, p50High } = found;
    const slug = `${name.replaceAll('_', '-')}-${metric.unit.toLowerCase()}`;
    const ends =
      p50Low === undefined || p50High === undefined
        ? {}
        : { lower_value: p50Low, upper_value: p50High };
    return [[slug, { value: rounded(p50), ...ends }]];
  });
  const failed = { value: cell.failed / (cell.n + cell.failed) };
  return { ...Object.fromEntries(entries), 'failure-rate': failed };
}
