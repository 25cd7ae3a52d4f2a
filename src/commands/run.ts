/** `basepoint run`: the whole pipeline. */
import { relative, resolve } from 'node:path';

import { sweepContainers } from '../container/home.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, InterruptedError, type ExitCode } from '../errors.js';
import { keepTo } from '../host/affinity.js';
import { hostFingerprint } from '../host/facts.js';
import { describeKvmSpeed } from '../host/kvm-speed.js';
import { measure, realStarts } from '../measure/measure.js';
import { Stopping, type Stop } from '../measure/stopping.js';
import { besideContainers } from '../output/beside-containers.js';
import { emulatedText } from '../output/emulation.js';
import { identityFindings } from '../output/identity/findings.js';
import { identityVerdicts } from '../output/identity/tables.js';
import { pinLines } from '../output/sampling.js';
import { Progress } from '../output/progress.js';
import { tenantLines } from '../output/tenants/tables.js';
import { resultTables } from '../output/result-tables.js';
import type { Plan, PlanOptions } from '../plan/cell.js';
import { prepare, type Artifacts } from '../prepare/prepare.js';
import type { RunRecord } from '../results/record.js';
import {
  readRun,
  refuseFilled,
  RunFolder,
  samplesHash,
  writeRecord,
  type StoredRun,
} from '../results/run-folder.js';
import { alone, type Summary } from '../summarise.js';
import { talk, talkMsBeside } from '../tiers.js';
import { warningText } from '../warnings.js';
import { newRecord } from './new-record.js';
import { calibrateRun } from './calibrate.js';
import { preparePlan, type PreparedPlan } from './prepared-plan.js';

export interface RunOptions extends PlanOptions {
  readonly out: string | undefined;
}

export async function runCommand(
  files: readonly string[],
  { out, ...options }: RunOptions,
  context: Context,
): Promise<ExitCode> {
  const prepared = await preparePlan(files, options, context);
  refuseUnrunnable(prepared.plan);
  const runId = newRunId(prepared);
  const folder = resolve(context.cwd, out ?? `results/${runId}`);
  await refuseFilled(folder);
  say(context, prepared);
  await using artifacts = await prepareAll(prepared, context);
  const calibration = await calibrateRun(artifacts, context);
  const record = {
    ...newRecord(runId, prepared, artifacts, options, context),
    calibration,
  };
  const { plan } = prepared;
  return await measureRun(
    { folder, record, plan, made: 0, stopping: new Stopping(plan.cells) },
    (watch) => RunFolder.create(folder, record, watch),
    artifacts,
    context,
  );
}

/** What was asked for by name and cannot be had is an error; what `auto` left out is reported. */
export function refuseUnrunnable({ cells, skipped }: Plan): void {
  const refused = skipped.filter(({ asked }) => asked || cells.length === 0);
  if (refused.length === 0) return;
  const lines = refused.map(({ cell, because }) => `  ${cell.id}: ${because}`);
  throw new EnvironmentError(`this host cannot run what was asked for:\n${lines.join('\n')}`);
}

export function newRunId({ scenarios }: PreparedPlan): string {
  const utc = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${utc}-${scenarios.map(({ name }) => name).join('+')}`;
}

export function say(context: Context, { plan, surveyed }: PreparedPlan): void {
  const lines = [
    `${plan.cells.length} cells, ${plan.starts.length} starts, seed ${plan.seed}`,
    ...(plan.cells.some(({ accel }) => accel === 'kvm')
      ? [describeKvmSpeed(surveyed.host.kvm)]
      : []),
    ...plan.settled.map(({ chosen, because }) => `guest ${chosen}, because ${because}`),
    ...plan.skipped.map(({ cell, because }) => `${cell.id}: skipped, because ${because}`),
  ];
  context.stderr.write(`${lines.join('\n')}\n`);
}

/** Everything the plan's starts need, outside every measured interval. */
export async function prepareAll(prepared: PreparedPlan, context: Context): Promise<Artifacts> {
  const { plan, guests, surveyed, cache } = prepared;
  const said = new Set<string>();
  const note = (what: string) => {
    if (said.has(what)) return;
    said.add(what);
    context.stderr.write(`preparing ${what}\n`);
  };
  await cache.sweep(Date.now());
  await sweepContainers(context);
  const identity = hostFingerprint(surveyed.facts);
  try {
    const made = await prepare(plan, guests, surveyed.host, identity, cache, context, note);
    for (const [id, { failure }] of made.failed) {
      context.stderr.write(`${id}: failed, and none of its starts is attempted: ${failure}\n`);
    }
    // After what all CPUs had better be used for.
    return await pinned(made, plan, context);
  } catch (error) {
    throw context.signal.aborted ? new InterruptedError() : error;
  }
}

async function pinned(
  made: Artifacts,
  { harnessCpus }: Plan,
  { pid }: Context,
): Promise<Artifacts> {
  if (harnessCpus === '') return made;
  try {
    await keepTo(harnessCpus, pid);
    return made;
  } catch (error) {
    await made[Symbol.asyncDispose]();
    throw error;
  }
}

/** A run, or what is left of one. */
export interface Session {
  readonly folder: string;
  readonly record: RunRecord;
  /** With the starts that are left to make. */
  readonly plan: Plan;
  /** Starts that were recorded before. */
  readonly made: number;
  readonly stopping: Stopping;
}

/** Measures into the run's folder, and makes everything that follows from it. */
export async function measureRun(
  session: Session,
  open: (watch: RunFolder['watch']) => Promise<RunFolder>,
  artifacts: Artifacts,
  context: Context,
): Promise<ExitCode> {
  await measureSession(session, open, artifacts, context);
  return await conclude(session.folder, context);
}

/** Measures into the run's folder, and says in its record how that ended. */
export async function measureSession(
  session: Session,
  open: (watch: RunFolder['watch']) => Promise<RunFolder>,
  artifacts: Artifacts,
  context: Context,
): Promise<RunRecord['state']> {
  const { folder, record } = session;
  const ended = await measureInto(session, open, artifacts, context);
  const finishedAt = new Date().toISOString();
  const samplesSha256 = await samplesHash(folder);
  const end = { process: undefined, finishedAt, samplesSha256 };
  await writeRecord(folder, { ...record, ...ended, ...end });
  return ended.state;
}

async function measureInto(
  { plan, made, stopping }: Session,
  open: (watch: RunFolder['watch']) => Promise<RunFolder>,
  artifacts: Artifacts,
  context: Context,
): Promise<Pick<RunRecord, 'state'> & Partial<RunRecord>> {
  const progress = new Progress(context.stderr, plan);
  let count = made;
  using results = await open((sample, cell) => {
    count += 1;
    progress.step(cell.id, sample.state === 'failed');
  });
  try {
    await measure(plan, realStarts(artifacts, context), results, context.signal, stopping);
    return { state: 'complete', stops: stopping.stops(), plannedStarts: count };
  } catch (error) {
    if (error instanceof InterruptedError) return { state: 'interrupted' };
    throw error;
  } finally {
    progress.clear();
  }
}

/** Makes everything that follows from the run's samples, and shows it. */
export async function conclude(folder: string, context: Context): Promise<ExitCode> {
  const run = await readRun(folder);
  // Loaded after the last start: it would only have made every spawn slower.
  const { writeReport } = await import('../output/write-report.js');
  const summary = await writeReport(run);
  showResult(summary, run, context);
  if (run.record.state === 'interrupted') {
    const again = `basepoint run --resume ${relative(context.cwd, folder) || folder}`;
    context.stderr.write(`interrupted: what was measured so far is kept; ${again} goes on\n`);
    return exitCodes.interrupted;
  }
  // A density step may end before its first VM: its row says why.
  const failed = new Set(
    run.record.cells.flatMap(({ id, failure }) => (failure === undefined ? [] : [id])),
  );
  const empty = [...summary.cells, ...summary.traced].filter(
    ({ id, n, row }) => n === 0 && ((row['alive'] ?? '0') === '0' || failed.has(id)),
  );
  for (const { id } of empty) context.stderr.write(`${id}: no start succeeded\n`);
  return empty.length === 0 ? exitCodes.fine : exitCodes.environment;
}

function showResult(summary: Summary, run: StoredRun, context: Context): void {
  const { record, folder, observed = [] } = run;
  const { stdout } = context;
  stdout.write(resultTables(summary, run));
  const beside = alone(summary).cells.some(({ tier, row }) =>
    talkMsBeside(tier, row['guest'] ?? ''),
  );
  const source = ` The talk's: "${talk.title}", ${talk.event}, its authors' hardware.`;
  stdout.write(`Times in ms.${beside ? source : ''}\n`);
  const emulated = emulatedText(record);
  if (emulated !== '') stdout.write(`${emulated}\n`);
  for (const cell of [...summary.cells, ...summary.traced]) {
    for (const warning of cell.warnings) stdout.write(`${cell.id}: ${warningText(warning)}\n`);
  }
  const findings = identityFindings(record.cells, observed);
  for (const line of identityVerdicts(findings)) stdout.write(`${line}\n`);
  for (const line of besideContainers(summary, record)) stdout.write(`${line}\n`);
  for (const line of pinLines(record)) stdout.write(`${line}\n`);
  for (const line of tenantLines(run)) stdout.write(`${line}\n`);
  for (const stop of record.stops ?? []) stdout.write(`${stopText(stop)}\n`);
  stdout.write(`${relative(context.cwd, folder) || folder}/report.html\n`);
}

const endings: Readonly<Record<Stop['because'], string>> = {
  converged: 'every median is known as well as asked',
  max: 'the most rounds were made',
  time: 'the time was up',
};

function stopText({ scenario, because, rounds, open }: Stop): string {
  const wide = open.length === 0 ? '' : `; not known as well as asked: ${open.join(', ')}`;
  return `${scenario}: ended after ${rounds} rounds, because ${endings[because]}${wide}`;
}
