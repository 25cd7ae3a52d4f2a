/** `basepoint run --resume`: goes on with a run that was interrupted or killed. */
import { resolve } from 'node:path';

import type { Context } from '../context.js';
import { EnvironmentError, UsageError, type ExitCode } from '../errors.js';
import { Stopping } from '../measure/stopping.js';
import type { Plan, PlannedStart } from '../plan/cell.js';
import type { FailedCell } from '../prepare/prepare.js';
import type { SampleRecord } from '../results/columns.js';
import { differences, type Present } from '../results/differences.js';
import { isAlive, processIdentity } from '../owner.js';
import type { RunRecord } from '../results/record.js';
import { readCutShort, RunFolder, type StoredRun } from '../results/run-folder.js';
import { markNames, marks } from '../marks.js';
import { newRecord, present } from './new-record.js';
import { preparePlan } from './prepared-plan.js';
import { measureRun, prepareAll } from './run.js';

/**
 * Re-does nothing: the same seeded order goes on after the last whole sample.
 *
 * @throws UsageError where nothing is left to do, EnvironmentError where it would be another run
 */
export async function resumeCommand(given: string, context: Context): Promise<ExitCode> {
  const folder = resolve(context.cwd, given);
  const found = await readCutShort(folder);
  refuseEnded(found);
  const files = found.record.scenarios.map(({ file }) => file);
  const options = { ...found.record.options, seed: found.record.seed };
  const prepared = await preparePlan(files, options, context);
  const before = withoutTornRound(found, prepared.plan);
  refuseOther(before, present(prepared, context));
  const { plan } = prepared;
  const starts = startsLeft(before, plan);
  context.stderr.write(`${given}: ${before.samples.length} starts are recorded, going on\n`);
  const failed = failedBefore(before.record);
  const tried = { ...plan, cells: plan.cells.filter(({ id }) => !failed.has(id)) };
  await using made = await prepareAll({ ...prepared, plan: tried }, context);
  const artifacts = { ...made, failed: new Map([...failed, ...made.failed]) };
  const { runId } = before.record;
  refuseOther(
    withoutCells(before, failed),
    newRecord(runId, { ...prepared, plan: tried }, made, options, context),
  );
  const record = resumedRecord(before, context);
  const session = {
    folder,
    record,
    plan: { ...plan, starts },
    made: before.samples.length,
    stopping: stoppingAfter(before.samples, plan),
  };
  return await measureRun(
    session,
    (watch) => RunFolder.reopen(folder, record, watch, before.samples.length),
    artifacts,
    context,
  );
}

/** What failed stays failed until the run's end: its samples are of one kind. */
function failedBefore({ cells }: RunRecord): ReadonlyMap<string, FailedCell> {
  return new Map(
    cells.flatMap(({ id, failure }) =>
      failure === undefined ? [] : [[id, { failure, evidence: '', machine: undefined }] as const],
    ),
  );
}

function withoutCells(run: StoredRun, left: ReadonlyMap<string, FailedCell>): StoredRun {
  const cells = run.record.cells.filter(({ id }) => !left.has(id));
  return { ...run, record: { ...run.record, cells } };
}

function refuseEnded({ folder, record }: StoredRun): void {
  if (record.state === 'complete') {
    throw new UsageError(`${folder} is complete: there is nothing to go on with`);
  }
  if (record.state === 'running' && record.process !== undefined && isAlive(record.process)) {
    const [pid = ''] = record.process.split(' ');
    throw new UsageError(`${folder} is being measured by process ${pid}`);
  }
}

function refuseOther({ folder, record }: StoredRun, now: Present): void {
  const found = differences(record, now);
  if (found.length === 0) return;
  const lines = found.map((line) => `  ${line}`).join('\n');
  throw new EnvironmentError(
    `${folder} cannot be gone on with, because its samples and new ones would not be of one kind:\n${lines}\nput that back as it was, or start a new run`,
  );
}

/** Starts that belong together count when all of them are there: what is left of others goes. */
function withoutTornRound(run: StoredRun, plan: Plan): StoredRun {
  const { samples, density = [], rate = [] } = run;
  const { cell, phase, round } = samples.at(-1) ?? {};
  const ofRound = (row: SampleRecord) => row['cell'] === cell && row['round'] === round;
  const there = samples.filter((row) => ofRound(row) && row['phase'] === phase).length;
  const planned = plan.starts.filter(
    (start) => start.cell === cell && start.phase === phase && String(start.round) === round,
  ).length;
  const steps = phase === 'measure' ? [...density, ...rate] : [];
  const started = steps.find(ofRound)?.['started'];
  if (there === (started === undefined ? planned : Number(started))) return run;
  return { ...run, samples: samples.slice(0, samples.length - there) };
}

/** The plan after the last sample. */
function startsLeft({ folder, samples }: StoredRun, plan: Plan): readonly PlannedStart[] {
  const places = samples.map(({ order }) => Number(order));
  const mayEndEarly = plan.cells.some(
    ({ sampling, alive, rate }) => sampling.kind === 'until' || alive > 0 || rate > 0,
  );
  samples.forEach((sample, index) => {
    const place = places[index] ?? 0;
    const follows = mayEndEarly ? place > (places[index - 1] ?? 0) : place === index + 1;
    if (follows && isPlanned(sample, plan.starts[place - 1])) return;
    throw new EnvironmentError(
      `${folder}/samples.csv, line ${index + 2}: start ${place} is not the one that the plan has there`,
    );
  });
  return startsAfter(samples, plan);
}

/**
 * What the plan has after the last sample. A step that ended early is whole: what it did not start
 * belongs to it, and is not made up for.
 */
export function startsAfter(
  samples: readonly SampleRecord[],
  { starts }: Plan,
): readonly PlannedStart[] {
  const last = samples.reduce((most, { order }) => Math.max(most, Number(order)), 0);
  const [lastSample] = samples.slice(-1);
  return starts.filter(
    (start) => start.order > last && !(lastSample !== undefined && isPlanned(lastSample, start)),
  );
}

function isPlanned(sample: SampleRecord, start: PlannedStart | undefined): boolean {
  return (
    sample['cell'] === start?.cell &&
    sample['phase'] === start?.phase &&
    sample['round'] === String(start?.round)
  );
}

function stoppingAfter(samples: readonly SampleRecord[], plan: Plan): Stopping {
  const stopping = new Stopping(plan.cells);
  for (const sample of samples) {
    const { cell = '', phase, round, state, ready_ms: ready } = sample;
    const observation = {
      cell,
      phase: phase === 'warmup' ? 'warmup' : 'measure',
      round: Number(round),
      readyMs: state === 'ok' ? Number(ready) : undefined,
    } as const;
    stopping.sawBefore(observation, lastMarkMs(sample));
  }
  return stopping;
}

/** How long a start took, as far as its marks tell. */
function lastMarkMs(sample: SampleRecord): number {
  return Math.max(0, ...markNames.map((name) => Number(sample[marks[name].column] ?? '')));
}

function resumedRecord({ record, samples }: StoredRun, { pid }: Context): RunRecord {
  const resumption = { at: new Date().toISOString(), after: samples.length };
  return {
    ...record,
    state: 'running',
    process: processIdentity(pid),
    finishedAt: undefined,
    resumed: [...(record.resumed ?? []), resumption],
    samplesSha256: undefined,
  };
}
