/** samples.csv, read back and checked: what a hand or a killed harness damaged is refused. */
import { parseCsv } from '../csv.js';
import { endNames, type EndName } from '../ends.js';
import { messageOf } from '../errors.js';
import { markNames, markProblem, marks, type Marks } from '../marks.js';
import { cloneStages, insideColumns, stageNames } from '../stages.js';
import { requiredMarks, tierNames, type TierName } from '../tiers.js';
import { lastOfOldest, sampleColumns, type SampleRecord } from './columns.js';

/** Columns that hold a number in every row, and those that may be empty. */
const alwaysNumbers = ['memory_mib', 'vcpus', 'concurrency', 'round', 'order', 'working_set_mib'];
const numbersOrEmpty = [
  ...markNames.map((name) => marks[name].column),
  ...['cpu_ms', 'rss_kib', 'pss_kib', 'private_dirty_kib', 'due_ms', 'late_ms'],
  ...stageNames.map((name) => cloneStages[name].column),
  ...Object.values(insideColumns),
];

/**
 * @param cells the ids that the run's record has
 * @throws Error with the line of the first row that cannot be one of ours
 */
export function readSamples(text: string, cells: readonly string[]): readonly SampleRecord[] {
  try {
    return wholeSamples(text, cells);
  } catch (error) {
    throw new Error(`samples.csv: ${messageOf(error)}`, { cause: error });
  }
}

function wholeSamples(text: string, cells: readonly string[]): readonly SampleRecord[] {
  const rows = parseCsv(text, refuseOtherHeader);
  if (!text.endsWith('\n')) throw new Error(`line ${rows.length + 1} is cut off`);
  for (const { record, line } of rows) {
    const problem = rowProblem(record, cells);
    if (problem !== undefined) throw new Error(`line ${line}: ${problem}`);
  }
  return rows.map(({ record }) => record);
}

/** Columns are only ever appended: an older version has fewer of ours, a later one has more. */
function refuseOtherHeader(columns: readonly string[]): void {
  const least = sampleColumns.indexOf(lastOfOldest);
  const at = sampleColumns.findIndex(
    (name, index) => (index <= least || index < columns.length) && columns[index] !== name,
  );
  if (at < 0) return;
  throw new Error(
    `line 1: column ${at + 1} must be "${sampleColumns[at] ?? ''}", got "${columns[at] ?? ''}"`,
  );
}

function rowProblem(record: SampleRecord, cells: readonly string[]): string | undefined {
  const field = (name: string) => record[name] ?? '';
  const numeric = (name: string) => /^\d+(\.\d+)?$/.test(field(name));
  const notNumber =
    alwaysNumbers.find((name) => !numeric(name)) ??
    numbersOrEmpty.find((name) => field(name) !== '' && !numeric(name));
  if (notNumber !== undefined) return `"${notNumber}" must be a number, got "${field(notNumber)}"`;
  // Older versions knew one end only.
  const end = record['ends'] ?? 'guest';
  return (
    notOneOf('cell', field('cell'), cells) ??
    notOneOf('tier', field('tier'), tierNames) ??
    notOneOf('phase', field('phase'), ['warmup', 'measure']) ??
    notOneOf('state', field('state'), ['ok', 'failed']) ??
    notOneOf('ends', end, endNames) ??
    (field('state') === 'ok'
      ? markProblem(marksOf(record), requiredMarks(field('tier') as TierName, end as EndName))
      : undefined)
  );
}

function notOneOf(name: string, got: string, known: readonly string[]): string | undefined {
  return known.includes(got)
    ? undefined
    : `"${name}" must be one of ${known.join(', ')}, got "${got}"`;
}

function marksOf(record: SampleRecord): Marks {
  const found = markNames.flatMap((name) => {
    const text = record[marks[name].column] ?? '';
    return text === '' ? [] : [[name, Number(text)]];
  });
  return Object.fromEntries(found) as Marks;
}
