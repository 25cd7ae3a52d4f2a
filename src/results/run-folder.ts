/** The folder of one run. The disk is the border: what comes after reads only this. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

import { EnvironmentError, messageOf, UsageError } from '../errors.js';
import type { Sample } from '../measure/sample.js';
import type { SampleSink } from '../measure/measure.js';
import type { Cell } from '../plan/cell.js';
import { sampleColumns, toRecord, type SampleRecord } from './columns.js';
import type { RunRecord } from './record.js';

export class RunFolder implements SampleSink, Disposable {
  readonly #csv: number;

  private constructor(
    readonly path: string,
    private readonly runId: string,
    private readonly watch: (sample: Sample, cell: Cell) => void,
  ) {
    this.#csv = openSync(join(path, 'samples.csv'), 'ax');
    writeSync(this.#csv, stringify([sampleColumns]));
  }

  /** @throws UsageError when the folder exists and is not empty */
  static async create(
    path: string,
    record: RunRecord,
    watch: (sample: Sample, cell: Cell) => void,
  ): Promise<RunFolder> {
    await refuseFilled(path);
    await mkdir(join(path, 'logs'), { recursive: true });
    await writeRecord(path, record);
    return new RunFolder(path, record.runId, watch);
  }

  /** Writes the row through to the file, so that a killed harness loses none. */
  take(sample: Sample, cell: Cell): void {
    const record = toRecord(this.runId, sample, cell);
    writeSync(this.#csv, csvText([record], sampleColumns, false));
    if (sample.state === 'failed') this.#log(sample, cell);
    this.watch(sample, cell);
  }

  #log(sample: Sample & { state: 'failed' }, cell: Cell): void {
    const log = openSync(join(this.path, 'logs', logName(sample, cell)), 'w');
    const head = `${cell.id}, start ${sample.order}, ${sample.phase} round ${sample.round}`;
    writeSync(log, `${head}: ${sample.failure}\n${sample.evidence}\n`);
    closeSync(log);
  }

  [Symbol.dispose](): void {
    closeSync(this.#csv);
  }
}

/** @throws UsageError when the folder exists and is not empty */
export async function refuseFilled(path: string): Promise<void> {
  const existing = await readdir(path).catch(() => []);
  if (existing.length > 0) throw new UsageError(`${path} exists and is not empty`);
}

function logName(sample: Sample, cell: Cell): string {
  return `${cell.id.replaceAll(/[^\w.-]+/g, '-')}-${sample.order}.log`;
}

/** Writes run.json whole or not at all. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const path = join(folder, 'run.json');
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** CSV as a spreadsheet may open it: a value it would run as a formula is escaped. */
export function csvText(
  records: readonly SampleRecord[],
  columns: readonly string[],
  header = true,
): string {
  return stringify([...records], { columns: [...columns], header, escape_formulas: true });
}

/** A run as it lies on disk. */
export interface StoredRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly samples: readonly SampleRecord[];
}

/** @throws EnvironmentError when it is no run, or its samples are not whole */
export async function readRun(folder: string): Promise<StoredRun> {
  try {
    const record = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as RunRecord;
    const text = await readFile(join(folder, 'samples.csv'), 'utf8');
    const samples = parse<SampleRecord>(text, { columns: true, skip_empty_lines: true });
    return { folder, record, samples: samples.map(unescaped) };
  } catch (error) {
    throw new EnvironmentError(`${folder} is no run that can be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function unescaped(record: SampleRecord): SampleRecord {
  const entries = Object.entries(record).map(([key, value]) => [
    key,
    /^'[=+\-@\t\r＝＋－＠]/u.test(value) ? value.slice(1) : value,
  ]);
  return Object.fromEntries(entries) as SampleRecord;
}
