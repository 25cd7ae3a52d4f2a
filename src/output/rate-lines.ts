/** Rates as lines against what was asked for, for both kinds of charts. */
import type { StoredRun } from '../results/run-folder.js';
import { lineGroups } from './lines.js';
import { rateFamilies, type RateFamily } from './rates.js';

/** The tiers of one machine, on one chart. */
export interface RateChart {
  readonly machine: string;
  readonly lines: readonly RateLine[];
  readonly limitsMs: readonly number[];
  readonly title: string;
  readonly text: string;
  readonly x: string;
  readonly y: string;
}

export interface RateLine {
  readonly label: string;
  readonly points: readonly RatePoint[];
}

/** VMs asked for in a second, and ms of p95 of ready: the median over rounds. */
export interface RatePoint {
  readonly x: number;
  readonly y: number;
  /** In every round the queue did not grow and the step went on to its end. */
  readonly stable: boolean;
}

/** None for a run without rates. */
export function rateCharts({ rate = [], record }: StoredRun): readonly RateChart[] {
  const families = rateFamilies(rate, record.cells);
  return lineGroups(families, ({ steps }) => steps[0]?.row ?? {}).map(({ machine, lines }) => ({
    machine,
    lines: lines.map(({ label, of }) => ({ label, points: pointsOf(of) })),
    limitsMs: [...new Set(lines.flatMap(({ of }) => of.limitsMs))].sort((one, two) => one - two),
    title: `Rates: ${machine}`,
    text: 'p95 of ready, median over rounds. Crosses: the queue grew, or the step ended early. Dashed: the limits.',
    x: 'VMs asked for in a second (log scale)',
    y: 'p95 of ready in ms (log scale)',
  }));
}

function pointsOf({ steps }: RateFamily): readonly RatePoint[] {
  return steps.flatMap(({ perSecond, p95, rounds, stableRounds }) =>
    p95 === undefined ? [] : [{ x: perSecond, y: p95.p50, stable: stableRounds === rounds.length }],
  );
}

/** Every rate that was asked for, ascending. */
export function ratesOf(lines: readonly RateLine[]): readonly number[] {
  const rates = lines.flatMap(({ points }) => points.map(({ x }) => x));
  return [...new Set(rates)].sort((a, b) => a - b);
}

/** Ends of an axis that holds the values with a little room. */
export function rangeOf(values: readonly number[]): { readonly min: number; readonly max: number } {
  let [min, max] = [Infinity, 0];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return { min: min / 1.15, max: max * 1.15 };
}
