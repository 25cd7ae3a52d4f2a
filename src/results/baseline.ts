/**
 * A baseline: the samples of a run that later ones are held against, in one small file that is meant
 * to be checked in. About 4 kB a cell of 40 starts, and 20 kB of host facts. A list of samples is one
 * line, so that a diff shows which metric of which cell changed; a checksum refuses an edited one.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

import { isTraced } from '../boot-stages.js';
import { EnvironmentError, messageOf } from '../errors.js';
import { metrics } from '../metrics.js';
import { meetsOthers } from '../observations.js';
import type { SampleRecord } from './columns.js';
import type { RecordedCell, RunRecord } from './record.js';
import type { StoredRun } from './run-folder.js';

/** How the baseline came to be as it is, oldest first. */
export interface Acceptance {
  readonly at: string;
  readonly runId: string;
  /** Why it was accepted; the first one needs no reason. */
  readonly reason: string | undefined;
  /** What was slower or less sure than before; one sentence each. */
  readonly worse: readonly string[];
}

export interface Baseline {
  readonly basepoint: string;
  readonly runId: string;
  readonly measuredAt: string;
  readonly host: RunRecord['host'];
  readonly qemus: RunRecord['qemus'];
  readonly cells: readonly RecordedCell[];
  readonly samples: readonly SampleRecord[];
  readonly history: readonly Acceptance[];
}

/** Of one cell: columns of samples.csv, one number or null for each start that succeeded. */
interface StoredCell {
  readonly cell: RecordedCell;
  readonly failed: number;
  /** Of each start that succeeded, where starts belong together: their round is one observation. */
  readonly rounds?: readonly number[];
  /** The same of each start that failed; absent in files of older versions. */
  readonly failedRounds?: readonly number[];
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

interface Content extends Omit<Baseline, 'cells' | 'samples'> {
  readonly format: 1;
  readonly cells: readonly StoredCell[];
}

/** A run as a baseline. Warm-up starts and traced boots are left out. */
export function baselineOf(run: StoredRun, history: readonly Acceptance[]): Baseline {
  const { basepoint, runId, startedAt, host, qemus } = run.record;
  const cells = run.record.cells.filter((cell) => !isTraced(cell));
  const samples = run.samples.filter((row) => row['phase'] === 'measure' && !isTraced(row));
  return { basepoint, runId, measuredAt: startedAt, host, qemus, cells, samples, history };
}

/** Writes the file whole or not at all. */
export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  await writeFile(`${file}.new`, baselineText(baseline));
  await rename(`${file}.new`, file);
}

export function baselineText({ cells, samples, ...rest }: Baseline): string {
  const stored = cells.map((cell) => storedCell(cell, samples));
  const content: Content = { format: 1, ...rest, cells: stored };
  const text = JSON.stringify({ sha256: checksum(content), ...content }, null, 2);
  // Lists of numbers on one line each.
  const oneLine = (list: string) =>
    list.replaceAll(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']');
  return `${text.replaceAll(/\[(?:\s+(?:-?[\d.]+|null),?)+\s+\]/g, oneLine)}\n`;
}

function storedCell(cell: RecordedCell, samples: readonly SampleRecord[]): StoredCell {
  const own = samples.filter((row) => row['cell'] === cell.id);
  const ok = own.filter((row) => row['state'] === 'ok');
  const columns = metrics
    .map(
      ({ column }) =>
        [column, ok.map((row) => (row[column] ? Number(row[column]) : null))] as const,
    )
    .filter(([, values]) => values.some((value) => value !== null));
  const failed = own.filter((row) => row['state'] !== 'ok');
  const roundsOf = (rows: readonly SampleRecord[]) => rows.map((row) => Number(row['round']));
  const rounds = meetsOthers(cell) ? { rounds: roundsOf(ok), failedRounds: roundsOf(failed) } : {};
  return { cell, failed: failed.length, ...rounds, columns: Object.fromEntries(columns) };
}

function checksum(content: Content): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** @throws EnvironmentError where it is missing, no baseline, or not as it was written */
export async function readBaseline(file: string): Promise<Baseline> {
  try {
    return parseBaseline(await readFile(file, 'utf8'));
  } catch (error) {
    throw new EnvironmentError(`${file} is no baseline that can be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws Error that says what is wrong */
export function parseBaseline(text: string): Baseline {
  const { sha256, ...content } = JSON.parse(text) as Content & { readonly sha256?: string };
  const given: { readonly cells?: unknown; readonly format?: unknown } = content;
  if (given.cells === undefined || given.format !== 1) {
    throw new Error('it is not in format 1 of a baseline');
  }
  if (sha256 !== checksum(content)) {
    throw new Error('it was changed by hand, or damaged: its checksum does not fit');
  }
  const { basepoint, runId, measuredAt, host, qemus, history } = content;
  const cells = content.cells.map(({ cell }) => cell);
  const samples = content.cells.flatMap(samplesOf);
  return { basepoint, runId, measuredAt, host, qemus, history, cells, samples };
}

/** @throws Error where starts belong together and their rounds were not kept */
function samplesOf({
  cell,
  failed,
  rounds,
  failedRounds,
  columns,
}: StoredCell): readonly SampleRecord[] {
  const lacksRounds = rounds === undefined || (failed > 0 && failedRounds === undefined);
  if (meetsOthers(cell) && lacksRounds) {
    throw new Error(
      `${cell.id}: its VMs wait for one another, and this file has not kept which belong together; save the baseline again`,
    );
  }
  const starts = Math.max(0, ...Object.values(columns).map((values) => values.length));
  const together = Object.fromEntries(
    (['concurrency', 'alive', 'rate'] as const).map((name) => [
      name,
      String((cell as Partial<RecordedCell>)[name] ?? ''),
    ]),
  );
  const common = { cell: cell.id, tier: cell.tier, phase: 'measure', ...together };
  const ok = Array.from({ length: starts }, (_, index) => ({
    ...{ ...common, state: 'ok', round: String(rounds?.[index] ?? '') },
    ...Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, String(values[index] ?? '')]),
    ),
  }));
  const lost = Array.from({ length: failed }, (_, index) => ({
    ...{ ...common, state: 'failed', round: String(failedRounds?.[index] ?? '') },
  }));
  return [...ok, ...lost];
}
