/** The rows of the chart of a comparison: a line for each metric of each cell. */
import type {
  CellComparison,
  Comparison,
  MetricComparison,
  Verdict,
} from '../../compare/comparison.js';
import { showMs } from '../numbers.js';

/** Parts of the base's median. */
export interface ForestRow {
  readonly label: string[];
  readonly verdict: Verdict;
  /** Undefined where the row is of something that has no shift. */
  readonly shift: number | undefined;
  readonly interval: { readonly lower: number; readonly upper: number } | undefined;
  /** A shift between it and its negative matters to nobody. */
  readonly floor: number | undefined;
  /** The verdict and the figures. */
  readonly text: string;
}

export function forestRows({ cells }: Comparison): readonly ForestRow[] {
  return cells.flatMap((cell) => [
    ...cell.metrics.flatMap((one) => [metricRow(cell, one), ...slowRow(cell, one)]),
    ...failureRow(cell),
  ]);
}

function metricRow({ id }: CellComparison, one: MetricComparison): ForestRow {
  const { metric, shift, floor, base, candidate, verdict } = one;
  const { estimate, interval } = shift;
  // A median of 0 has no parts: nothing of such a metric can be drawn but its verdict.
  const part = (value: number) => (base.p50 === 0 ? undefined : value / base.p50);
  const [lower, upper] = [interval?.lower, interval?.upper].map((value) =>
    value === undefined ? undefined : part(value),
  );
  const size = `${estimate < 0 ? '-' : '+'}${showMs(Math.abs(estimate))} ${metric.unit}`;
  return {
    ...{ label: [id, metric.name], verdict, shift: part(estimate) },
    interval: lower === undefined || upper === undefined ? undefined : { lower, upper },
    floor: part(Math.max(floor.relative * base.p50, floor.absolute)),
    text: `${verdict}: ${size} of ${showMs(base.p50)}, n ${base.n} and ${candidate.n}`,
  };
}

const drawn = { shift: undefined, interval: undefined, floor: undefined } as const;

/** What a shift does not see has a row where there is something to be said of it. */
function slowRow({ id }: CellComparison, { metric, tail }: MetricComparison): ForestRow[] {
  if (tail === undefined || tail.verdict === 'within noise') return [];
  const { verdict, base, candidate, above } = tail;
  const text = `${verdict}: ${candidate.events} of ${candidate.of}, before ${base.events} of ${base.of}`;
  return [{ ...drawn, label: [id, `${metric.name}, over ${showMs(above)}`], verdict, text }];
}

function failureRow({ id, failures }: CellComparison): ForestRow[] {
  const { verdict, base, candidate } = failures;
  if (verdict === 'within noise') return [];
  const text = `${verdict}: ${candidate.events} of ${candidate.of}, before ${base.events} of ${base.of}`;
  return [{ ...drawn, label: [id, 'failed'], verdict, text }];
}
