/** A case of the gate in words and figures: the one wording that every output shows. */
import type { MetricComparison, SideFigures } from '../../compare/comparison.js';
import type { GateCase, Measured, Verdict } from '../../gate/verdict.js';
import { showMs, showRatio } from '../numbers.js';

export const caseColumns = ['outcome', 'cell', 'what', 'baseline', 'candidate', 'shift'] as const;

/** A row under {@link caseColumns}; figures in the metric's unit. */
export function caseRow({ outcome, cell, check, comparison, measured }: GateCase): string[] {
  const figures =
    comparison === undefined
      ? ['-', measured === undefined ? '-' : showMeasured(measured), '-']
      : [sideText(comparison.base), sideText(comparison.candidate), shiftText(comparison)];
  return [outcome, cell, check, ...figures];
}

/** What the case came to, and why, on one line. */
export function caseLine({ outcome, because }: Pick<GateCase, 'outcome' | 'because'>): string {
  return `${outcome}: ${because}`;
}

/** All figures of the case, a line each. */
export function caseDetails({ comparison, measured, at }: GateCase): readonly string[] {
  return [
    ...(comparison === undefined ? [] : comparisonLines(comparison)),
    ...(measured === undefined ? [] : [`measured ${showMeasured(measured)}`]),
    ...(at === undefined ? [] : [`limit at ${at}`]),
  ];
}

function comparisonLines(comparison: MetricComparison): readonly string[] {
  const { metric, base, candidate, effect, pAdjusted, tail } = comparison;
  return [
    `baseline p50 ${sideText(base)} ${metric.unit}, n ${base.n}`,
    `candidate p50 ${sideText(candidate)} ${metric.unit}, n ${candidate.n}`,
    `shift ${shiftText(comparison, metric.unit)}, p ${showP(pAdjusted)} after Holm, Cliff's delta ${effect.delta.toFixed(2)} (${effect.word})`,
    ...(tail === undefined
      ? []
      : [
          `slow starts, above ${showMs(tail.above)} ${metric.unit}: ${counted(tail.candidate)}, before ${counted(tail.base)}, p ${showP(tail.pAdjusted)}`,
        ]),
  ];
}

function counted({ events, of }: { readonly events: number; readonly of: number }): string {
  return `${events} of ${of}`;
}

function sideText({ p50, interval }: SideFigures): string {
  if (interval === undefined) return showMs(p50);
  return `${showMs(p50)} [${showMs(interval.lower)}, ${showMs(interval.upper)}]`;
}

function shiftText({ shift, relative }: MetricComparison, unit = ''): string {
  const { estimate, interval } = shift;
  const ends =
    interval === undefined ? '' : ` [${signed(interval.lower)}, ${signed(interval.upper)}]`;
  const part = relative === undefined ? '' : `, ${signed(100 * relative)} %`;
  return `${signed(estimate)}${ends}${unit === '' ? '' : ` ${unit}`}${part}`;
}

/** Small differences are what it is about: two decimals at least. */
function signed(value: number): string {
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  return value >= 0 ? `+${text}` : text;
}

function showP(p: number): string {
  return p < 0.001 ? 'below 0.001' : p.toFixed(3);
}

function showMeasured({ value, lower, upper, most, unit }: Measured): string {
  const show = (one: number) => showIn(unit, one);
  return `${show(value)} [${show(lower)}, ${show(upper)}], at most ${show(most)}`;
}

function showIn(unit: Measured['unit'], value: number): string {
  switch (unit) {
    case 'ms':
      return `${showMs(value)} ms`;
    case 'KiB':
      return `${value.toFixed(0)} KiB`;
    case 'times':
      return `${showRatio(value)} x`;
    case 'part':
      return `${(100 * value).toFixed(1)} %`;
  }
}

/** How many cases came to what: `2 regressed, 18 passed`. */
export function tally({ cases }: Verdict): string {
  const counts = new Map<string, number>();
  for (const { outcome } of cases) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}
