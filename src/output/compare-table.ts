/** A comparison as rows and sentences: what the terminal and compare.md show. */
import type { CellComparison, Comparison, MetricComparison } from '../compare/comparison.js';
import { dominantStage } from '../compare/stages.js';
import { markdownTable } from './ladder.js';
import { showMaybe, showMs } from './numbers.js';

export const compareColumns = [
  ...['cell', 'metric', 'base p50', 'candidate p50', 'shift [95 %]', 'relative', 'p (Holm)'],
  ...["Cliff's delta", 'verdict'],
] as const;

export function compareRows({ cells }: Comparison): readonly (readonly string[])[] {
  return cells.flatMap((cell) => [
    ...cell.metrics.flatMap((one) => [metricRow(cell.id, one), ...tailRows(cell.id, one)]),
    failureRow(cell),
  ]);
}

function metricRow(cell: string, one: MetricComparison): readonly string[] {
  return [
    ...[cell, one.metric.name, showMs(one.base.p50), showMs(one.candidate.p50)],
    shiftText(one.shift),
    showMaybe(one.relative, (part) => `${signed(100 * part)} %`),
    ...[showP(one.pAdjusted), one.effect.delta.toFixed(2), one.verdict],
  ];
}

function tailRows(cell: string, { metric, tail }: MetricComparison): readonly string[][] {
  if (tail === undefined) return [];
  const { base, candidate, above, pAdjusted, verdict } = tail;
  const name = `${metric.name}, slow (over ${showMs(above)})`;
  const counts = [base, candidate].map(({ events, of }) => `${events} of ${of}`);
  return [[cell, name, ...counts, '', '', showP(pAdjusted), '', verdict]];
}

function failureRow({ id, failures }: CellComparison): readonly string[] {
  const { base, candidate, pAdjusted, verdict } = failures;
  const counts = [base, candidate].map(({ events, of }) => `${events} of ${of}`);
  return [id, 'failed', ...counts, '', '', showP(pAdjusted), '', verdict];
}

/** What decided, where something is to be done about it; then what differs. */
export function compareLines(comparison: Comparison): readonly string[] {
  const { cells, onlyBase, onlyCandidate, host, differences, tests, measuredWith } = comparison;
  return [
    ...cells.flatMap(cellLines),
    ...onlyBase.map((id) => `${id}: only in ${comparison.base}, not compared`),
    ...onlyCandidate.map((id) => `${id}: only in ${comparison.candidate}, not compared`),
    ...host.differences.map((one) => `host, ${one.label}: was ${one.base}, is ${one.candidate}`),
    ...differences,
    `measured with ${measuredWith.join('; ')}`,
    `${tests} tests, corrected by Holm's method: the chance of any false verdict of a difference is at most ${comparison.alpha}`,
  ];
}

function cellLines(cell: CellComparison): readonly string[] {
  const judged = [
    ...cell.metrics.flatMap((one) => [
      { name: one.metric.name, ...one },
      ...(one.tail ? [{ name: `slow starts by ${one.metric.name}`, ...one.tail }] : []),
    ]),
    { name: 'failures', ...cell.failures },
  ].filter(({ verdict }) => verdict !== 'within noise');
  return [
    ...judged.map(({ name, verdict, because }) => `${cell.id}, ${name}: ${verdict}: ${because}`),
    ...cell.missing.map(({ metric, because }) => `${cell.id}, ${metric.name}: missing: ${because}`),
    ...(judged.some(({ verdict }) => verdict !== 'inconclusive') ? originLines(cell) : []),
  ];
}

function originLines(cell: CellComparison): readonly string[] {
  return (['marks', 'clone'] as const).flatMap((kind) => {
    const found = dominantStage(cell, kind);
    if (found === undefined) return [];
    const where = kind === 'marks' ? `from ${found.stage}` : `inside the clone, ${found.stage}`;
    return [`${cell.id}: mostly ${where} (${signed(found.ms)} ms of the means)`];
  });
}

/** @param chart the file that is beside it */
export function compareMarkdown(
  comparison: Comparison,
  outcome: string,
  chart: string | undefined,
): string {
  const { base, candidate, cells } = comparison;
  const parts = [
    `# ${candidate} against ${base}: ${outcome}`,
    ...(chart === undefined ? [] : [`![Shift of each metric with its 95 % interval](${chart})`]),
    markdownTable([compareColumns, ...compareRows(comparison)]),
    'Times are in ms; positive is slower.',
    compareLines(comparison)
      .map((line) => `- ${line}`)
      .join('\n'),
    ...cells.flatMap(stageParts),
  ];
  return `${parts.join('\n\n')}\n`;
}

const stageColumns = [
  'stage',
  'base p50',
  'candidate p50',
  'shift [95 %]',
  'of the means',
] as const;

function stageParts({ id, stages }: CellComparison): readonly string[] {
  if (stages.length === 0) return [];
  const rows = stages.map(({ stage, kind, baseMs, candidateMs, shift, meanMs }) => [
    kind === 'clone' ? `inside the clone: ${stage}` : stage,
    ...[showMs(baseMs), showMs(candidateMs), shiftText(shift), signed(meanMs)],
  ]);
  return [`## Where the difference arises: ${id}`, markdownTable([stageColumns, ...rows])];
}

function shiftText({ estimate, interval }: MetricComparison['shift']): string {
  const ends = interval ? ` [${signed(interval.lower)}, ${signed(interval.upper)}]` : '';
  return `${signed(estimate)}${ends}`;
}

function signed(value: number): string {
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  return value >= 0 ? `+${text}` : text;
}

function showP(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}
