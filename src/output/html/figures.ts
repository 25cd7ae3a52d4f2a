/** Figures in running text and tables, so that all parts of the report write them alike. */
import type { Metric } from '../../metrics.js';
import type { MetricSummary } from '../../summarise.js';
import { showMaybe, showMs } from '../numbers.js';

/** `39.1 ms [38.0, 42.2]`; without the interval where the samples do not support one. */
export function medianText(summary: MetricSummary): string {
  return `${showMs(summary.p50)} ms${intervalText(summary)}`;
}

/** With a space before it, or empty. */
export function intervalText({ p50Low, p50High }: MetricSummary): string {
  if (p50Low === undefined || p50High === undefined) return '';
  return ` [${showMs(p50Low)}, ${showMs(p50High)}]`;
}

/** In the unit that {@link shownUnit} names. */
export function showFigure(value: number | undefined, unit: Metric['unit']): string {
  return showMaybe(value, (own) => (unit === 'KiB' ? (own / 1024).toFixed(2) : showMs(own)));
}

export function shownUnit(unit: Metric['unit']): string {
  return unit === 'KiB' ? 'MiB' : unit;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
