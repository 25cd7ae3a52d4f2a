/** The folder of one run. The disk is the border: what comes after reads only this. */
import { appendFileSync, closeSync, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { csvText } from '../csv.js';
import { EnvironmentError, messageOf, UsageError } from '../errors.js';
import type { Sample } from '../measure/sample.js';
import type { SampleSink, StepSample } from '../measure/measure.js';
import type { Cell } from '../plan/cell.js';
import { sampleColumns, toRecord, type SampleRecord } from './columns.js';
import { bootColumns, bootFileName, bootRows, readBoots, type TracedBoot } from './boots.js';
import {
  identityColumns,
  identityFileName,
  identityRow,
  readObservedClones,
  type ObservedClone,
} from './observed-clones.js';
import { SideFile } from './side-file.js';
import { densityColumns, readDensity, toDensityRecord, type DensityRecord } from './density.js';
import { rateColumns, readRate, toRateRecord, type RateRecord } from './rate.js';
import type { RunRecord } from './record.js';
import { readSamples } from './samples.js';
import { wholeLines } from './whole.js';

export class RunFolder implements SampleSink, Disposable {
  readonly #identity: SideFile;
  readonly #boots: SideFile;

  private constructor(
    readonly path: string,
    private readonly csv: number,
    private readonly runId: string,
    readonly watch: (sample: Sample, cell: Cell) => void,
  ) {
    this.#identity = new SideFile(path, identityFileName, identityColumns);
    this.#boots = new SideFile(path, bootFileName, bootColumns);
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
    const csv = openSync(join(path, 'samples.csv'), 'ax');
    writeSync(csv, csvText([], sampleColumns));
    return new RunFolder(path, csv, record.runId, watch);
  }

  /**
   * Goes on with a run that was cut short: what is left of a torn line is taken out.
   *
   * @param record what run.json is to say from now on
   * @param keep how many samples count; those after them are taken out
   */
  static async reopen(
    path: string,
    record: RunRecord,
    watch: (sample: Sample, cell: Cell) => void,
    keep: number,
  ): Promise<RunFolder> {
    const file = join(path, 'samples.csv');
    const whole = wholeLines(await readIfThere(file), 1 + keep);
    await mkdir(join(path, 'logs'), { recursive: true });
    await writeRecord(path, record);
    const csv = openSync(file, 'a');
    ftruncateSync(csv, Buffer.byteLength(whole));
    if (whole === '') writeSync(csv, csvText([], sampleColumns));
    return new RunFolder(path, csv, record.runId, watch);
  }

  /** Writes the row through to the file, so that a killed harness loses none. */
  take(samples: readonly Sample[], cell: Cell, step?: StepSample): void {
    const records = samples.map((sample) => toRecord(this.runId, sample, cell));
    if (step !== undefined) this.#takeStep(step, samples, cell);
    for (const sample of samples) {
      this.#identity.append(identityRow(this.runId, sample, cell));
      this.#boots.append(bootRows(this.runId, sample));
    }
    // In one write: of starts that belong together, a killed harness leaves all or none.
    writeSync(this.csv, csvText(records, sampleColumns, false));
    for (const sample of samples) {
      if (sample.state === 'failed') this.#log(sample, cell);
      this.watch(sample, cell);
    }
  }

  #takeStep(step: StepSample, samples: readonly Sample[], cell: Cell): void {
    const append = (name: string, row: SampleRecord, columns: readonly string[]) => {
      const file = join(this.path, name);
      appendFileSync(file, csvText([row], columns, !existsSync(file)));
    };
    if (step.kind === 'density')
      append('density.csv', toDensityRecord(this.runId, step, samples, cell), densityColumns);
    else append('rate.csv', toRateRecord(this.runId, step, samples, cell), rateColumns);
  }

  #log(sample: Sample & { state: 'failed' }, cell: Cell): void {
    const log = openSync(join(this.path, 'logs', logName(sample, cell)), 'w');
    const head = `${cell.id}, start ${sample.order}, ${sample.phase} round ${sample.round}`;
    writeSync(log, `${head}: ${sample.failure}\n${sample.evidence}\n`);
    closeSync(log);
  }

  [Symbol.dispose](): void {
    this.#identity[Symbol.dispose]();
    this.#boots[Symbol.dispose]();
    closeSync(this.csv);
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

/** Of the samples as they are now: goes into the record once no more are to come. */
export async function samplesHash(folder: string): Promise<string> {
  return hashOf(await readFile(join(folder, 'samples.csv')));
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A run as it lies on disk. */
export interface StoredRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly samples: readonly SampleRecord[];
  /** What the guests that were observed told; only those whose start succeeded. */
  readonly observed?: readonly ObservedClone[] | undefined;
  /** Boots that were traced, warm-ups left out; only those whose start succeeded. */
  readonly boots?: readonly TracedBoot[];
  /** Steps of VMs that were kept alive; most runs have none. */
  readonly density?: readonly DensityRecord[];
  /** Steps in which VMs were asked for at a rate; most runs have none. */
  readonly rate?: readonly RateRecord[];
}

/** @throws EnvironmentError when it is no run, or its record or samples are not whole */
export async function readRun(folder: string): Promise<StoredRun> {
  return read(folder, (file) => readFile(file, 'utf8'));
}

/**
 * A run that was cut short: without the last line of its samples where that is torn.
 *
 * @throws EnvironmentError as {@link readRun} does
 */
export async function readCutShort(folder: string): Promise<StoredRun> {
  const header = csvText([], sampleColumns);
  return read(folder, async (file) => {
    const text = wholeLines(await readIfThere(file)) || header;
    if (text.startsWith(header)) return text;
    throw new Error('samples.csv: its columns are those of another version of basepoint');
  });
}

/** A harness that is killed early leaves a record and no samples. */
async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
}

async function read(
  folder: string,
  readText: (file: string) => Promise<string>,
): Promise<StoredRun> {
  try {
    const record = parseRecord(await readFile(join(folder, 'run.json'), 'utf8'));
    const file = join(folder, 'samples.csv');
    const text = await readText(file);
    const cells = record.cells.map(({ id }) => id);
    const samples = readSamples(text, cells);
    if (record.state !== 'running') await refuseChanged(file, record.samplesSha256);
    const density = readDensity(wholeLines(await readIfThere(join(folder, 'density.csv'))));
    const rate = readRate(wholeLines(await readIfThere(join(folder, 'rate.csv'))));
    const [observed, boots] = [
      await readObserved(folder, samples),
      await readTraced(folder, samples),
    ];
    return { folder, record, samples, density, rate, observed, boots };
  } catch (error) {
    throw new EnvironmentError(`${folder} is no run that can be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A verdict must rest on what was measured, not on what somebody made of it. */
async function refuseChanged(file: string, expected: string | undefined): Promise<void> {
  if (expected === undefined || hashOf(await readFile(file)) === expected) return;
  throw new Error('samples.csv was changed after the run: run.json has another sha256 of it');
}

async function readObserved(
  folder: string,
  samples: readonly SampleRecord[],
): Promise<readonly ObservedClone[]> {
  const text = wholeLines(await readIfThere(join(folder, identityFileName)));
  if (text === '') return [];
  const orders = ordersOf(samples.filter(({ state }) => state === 'ok'));
  return readObservedClones(text).filter(({ order }) => orders.has(order));
}

async function readTraced(
  folder: string,
  samples: readonly SampleRecord[],
): Promise<readonly TracedBoot[]> {
  const text = wholeLines(await readIfThere(join(folder, bootFileName)));
  if (text === '') return [];
  const measured = samples.filter(({ state, phase }) => state === 'ok' && phase === 'measure');
  const orders = ordersOf(measured);
  return readBoots(text).filter(({ order }) => orders.has(order));
}

function ordersOf(samples: readonly SampleRecord[]): ReadonlySet<number> {
  return new Set(samples.map(({ order }) => Number(order)));
}

function parseRecord(text: string): RunRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new Error(`run.json is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const { format, cells } = (record ?? {}) as Partial<RunRecord>;
  if (format !== 1 || !Array.isArray(cells)) {
    throw new Error('run.json is not the record of a run in format 1');
  }
  return record as RunRecord;
}
