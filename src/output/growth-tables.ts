/** Growth in words and as rows of text: a sentence a line for the terminal, a table for both reports. */
import { accelLabel, type RunRecord } from '../results/record.js';
import { dimensionColumns, type Summary } from '../summarise.js';
import {
  flatBelow,
  growthDimensionNames,
  growthDimensions,
  growthLines,
  verdictOf,
  type GrownStage,
  type Growth,
  type GrowthDimension,
  type GrowthLine,
  type GrowthPoint,
} from './growth.js';
import { showMs } from './numbers.js';

export interface GrowthTable {
  readonly dimension: GrowthDimension;
  readonly title: string;
  readonly lines: readonly GrowthLine[];
  readonly rows: readonly (readonly string[])[];
}

const limit = `${flatBelow * 100} %`;

export const growthNote = `Median of ready in ms with its 95 % interval. Growth is the ratio of two medians less one, with the 95 % interval of a percentile bootstrap. *flat*: surely less than ${limit}; *grows*: surely more; else the starts do not tell. The stage is the one whose median grew most.`;

/** One for each dimension in which cells differ and in nothing else. */
export function growthTables(summary: Summary, record: RunRecord): readonly GrowthTable[] {
  return growthDimensionNames.flatMap((dimension) => {
    const lines = growthLines(summary, record, dimension);
    if (lines.length === 0) return [];
    const title = `Growth with ${growthDimensions[dimension].title}`;
    return [{ dimension, title, lines, rows: rowsOf(dimension, lines, record) }];
  });
}

/** A sentence for each line of a run. */
export function growthSentences(summary: Summary, record: RunRecord): readonly string[] {
  return growthTables(summary, record).flatMap(({ title, lines }) => {
    const labels = labelsOf(lines, record);
    return lines.map((line, index) => `${title}: ${labels[index] ?? ''}: ${sentenceOf(line)}`);
  });
}

function rowsOf(
  dimension: GrowthDimension,
  lines: readonly GrowthLine[],
  record: RunRecord,
): readonly (readonly string[])[] {
  const sizes = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))];
  sizes.sort((a, b) => a - b);
  const { unit } = growthDimensions[dimension];
  const traits = differing(lines);
  const head = [
    ...['tier', 'guest', 'accel', 'QEMU'],
    ...traits.map((column) => column.replaceAll('_', ' ')),
    ...sizes.map((size) => `${size} ${size === 1 ? unit.replace(/s$/, '') : unit}`),
    ...['first to last', 'verdict'],
  ];
  const rows = lines.map((line) => [
    ...machineOf(line, record),
    ...traits.map((column) => rowOf(line)[column] ?? ''),
    ...sizes.map((size) => showPoint(line.points.find(({ at }) => at === size))),
    line.whole === undefined ? '-' : showGrowth(line.whole),
    sentenceOf(line),
  ]);
  return [head, ...rows];
}

/** What names each line: tier, guest, accelerator, QEMU and whatever else tells it from those alike. */
export function labelsOf(lines: readonly GrowthLine[], record: RunRecord): readonly string[] {
  return lines.map((line) => {
    const [tier = '', guest = '', accel = '', qemu = ''] = machineOf(line, record);
    const version = line.points[0]?.cell.tier === 'floor' ? [] : [`QEMU ${qemu}`];
    const rest = traitsOf(line, lines).map((column) => traitIn(column, line));
    return [`${tier} ${guest}`, accel, ...version, ...rest].join(', ');
  });
}

function traitIn(column: string, line: GrowthLine): string {
  return `${column.replaceAll('_', ' ')} ${rowOf(line)[column] ?? ''}`;
}

const alwaysShown = ['tier', 'guest', 'accel', 'qemu'];

/** Further columns in which lines differ that share those always shown. */
function differing(lines: readonly GrowthLine[]): readonly string[] {
  const traits = new Set(lines.flatMap((line) => traitsOf(line, lines)));
  return dimensionColumns.filter((column) => traits.has(column));
}

function traitsOf(line: GrowthLine, lines: readonly GrowthLine[]): readonly string[] {
  const alike = lines.filter((other) =>
    alwaysShown.every((column) => rowOf(other)[column] === rowOf(line)[column]),
  );
  const own = growthDimensions[line.dimension].column;
  return dimensionColumns.filter(
    (column) => column !== own && new Set(alike.map((other) => rowOf(other)[column])).size > 1,
  );
}

function rowOf({ points }: GrowthLine): Readonly<Record<string, string>> {
  return points[0]?.cell.row ?? {};
}

function machineOf(line: GrowthLine, { host }: RunRecord): readonly string[] {
  const field = (name: string) => rowOf(line)[name] ?? '';
  return [field('tier'), field('guest'), accelLabel(field('accel'), host.kvm), field('qemu')];
}

function showPoint(point: GrowthPoint | undefined): string {
  if (point === undefined) return '-';
  const { ready } = point;
  if (ready === undefined) return 'all failed';
  const { p50, p50Low: low, p50High: high } = ready;
  const interval =
    low === undefined || high === undefined ? '' : ` [${showMs(low)}, ${showMs(high)}]`;
  return `${showMs(p50)}${interval}`;
}

function showGrowth({ part, low, high }: Growth): string {
  if (low === undefined || high === undefined) return `${signedPercent(part)} %`;
  return `${signedPercent(part)} % [${signedPercent(low)}, ${signedPercent(high)}]`;
}

function sentenceOf({ judged, dimension }: GrowthLine): string {
  if (judged === undefined) return 'not told: no start succeeded at one of the sizes';
  const { from, to, part, stage, low } = judged;
  const range = `from ${from} to ${to} ${growthDimensions[dimension].unit}`;
  const shown = `${showGrowth(judged)} ${range}`;
  const where = stage === undefined || part <= 0 ? '' : `, ${showStage(stage)}`;
  switch (verdictOf(judged)) {
    case 'flat':
      return `flat: ${shown}`;
    case 'shrinks':
      return `takes less: ${shown}`;
    case 'grows':
      return `grows: ${shown}${where}`;
    case 'unclear':
      if (low === undefined) return `too few starts to tell: ${shown}`;
      return `may change by more than ${limit}, take more starts to tell: ${shown}`;
  }
}

function showStage({ title, ms, isMost }: GrownStage): string {
  return `${isMost ? 'most of it' : 'the largest part'} in stage ${title} (+${showMs(ms)} ms)`;
}

function signedPercent(part: number): string {
  const percent = (part * 100).toFixed(0);
  return part > 0 ? `+${percent}` : percent;
}
