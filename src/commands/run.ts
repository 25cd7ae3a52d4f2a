/** `basepoint run`: the whole pipeline. */
import { relative, resolve } from 'node:path';

import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, InterruptedError, type ExitCode } from '../errors.js';
import { hostFingerprint } from '../host/facts.js';
import { describeKvmSpeed } from '../host/kvm-speed.js';
import { hostWarnings } from '../host/show.js';
import { measure, realStarts } from '../measure/measure.js';
import { Stopping, type Stop } from '../measure/stopping.js';
import { alignedTable, ladderColumns, ladderRows } from '../output/ladder.js';
import { Progress } from '../output/progress.js';
import type { Plan, PlanOptions } from '../plan/cell.js';
import { prepare, type Artifacts } from '../prepare/prepare.js';
import type { RecordedCell, RunRecord } from '../results/record.js';
import { readRun, refuseFilled, RunFolder, writeRecord } from '../results/run-folder.js';
import type { Summary } from '../summarise.js';
import { talk } from '../tiers.js';
import { warningText } from '../warnings.js';
import { preparePlan, type PreparedPlan } from './prepared-plan.js';

export interface RunOptions extends PlanOptions {
  readonly out: string | undefined;
}

export async function runCommand(
  files: readonly string[],
  options: RunOptions,
  context: Context,
): Promise<ExitCode> {
  const prepared = await preparePlan(files, options, context);
  refuseUnrunnable(prepared.plan);
  const runId = newRunId(prepared);
  const folder = resolve(context.cwd, options.out ?? `results/${runId}`);
  await refuseFilled(folder);
  say(context, prepared);
  await using artifacts = await prepareAll(prepared, context);
  const record = newRecord(runId, prepared, artifacts, files, options, context);
  const ended = await measureInto(folder, record, prepared.plan, artifacts, context);
  await writeRecord(folder, { ...record, ...ended, finishedAt: new Date().toISOString() });
  return await conclude(folder, context);
}

/** What was asked for by name and cannot be had is an error; what `auto` left out is reported. */
function refuseUnrunnable({ cells, skipped }: Plan): void {
  const refused = skipped.filter(({ asked }) => asked || cells.length === 0);
  if (refused.length === 0) return;
  const lines = refused.map(({ cell, because }) => `  ${cell.id}: ${because}`);
  throw new EnvironmentError(`this host cannot run what was asked for:\n${lines.join('\n')}`);
}

function newRunId({ scenarios }: PreparedPlan): string {
  const utc = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${utc}-${scenarios.map(({ name }) => name).join('+')}`;
}

function say(context: Context, { plan, surveyed }: PreparedPlan): void {
  const lines = [
    `${plan.cells.length} cells, ${plan.starts.length} starts, seed ${plan.seed}`,
    ...(plan.cells.some(({ accel }) => accel === 'kvm')
      ? [describeKvmSpeed(surveyed.host.kvm)]
      : []),
    ...plan.skipped.map(({ cell, because }) => `${cell.id}: skipped, because ${because}`),
  ];
  context.stderr.write(`${lines.join('\n')}\n`);
}

async function prepareAll(prepared: PreparedPlan, context: Context): Promise<Artifacts> {
  const { plan, guests, surveyed, cache } = prepared;
  const said = new Set<string>();
  const note = (what: string) => {
    if (said.has(what)) return;
    said.add(what);
    context.stderr.write(`preparing ${what}\n`);
  };
  await cache.sweep(Date.now());
  const identity = hostFingerprint(surveyed.facts);
  try {
    return await prepare(plan, guests, surveyed.host, identity, cache, context, note);
  } catch (error) {
    throw context.signal.aborted ? new InterruptedError() : error;
  }
}

async function measureInto(
  folder: string,
  record: RunRecord,
  plan: Plan,
  artifacts: Artifacts,
  context: Context,
): Promise<Pick<RunRecord, 'state' | 'stops' | 'plannedStarts'>> {
  const progress = new Progress(context.stderr, plan);
  const stopping = new Stopping(plan.cells);
  let made = 0;
  using results = await RunFolder.create(folder, record, (sample, cell) => {
    made += 1;
    progress.step(cell.id, sample.state === 'failed');
  });
  try {
    await measure(plan, realStarts(artifacts, context), results, context.signal, stopping);
    return { state: 'complete', stops: stopping.stops(), plannedStarts: made };
  } catch (error) {
    if (error instanceof InterruptedError) {
      return { state: 'interrupted', plannedStarts: plan.starts.length };
    }
    throw error;
  } finally {
    progress.clear();
  }
}

async function conclude(folder: string, context: Context): Promise<ExitCode> {
  const run = await readRun(folder);
  // Loaded after the last start: it would only have made every spawn slower.
  const { writeReport } = await import('../output/write-report.js');
  const summary = await writeReport(run);
  showResult(summary, run.record, folder, context);
  if (run.record.state === 'interrupted') {
    context.stderr.write('interrupted: what was measured so far is kept\n');
    return exitCodes.interrupted;
  }
  const empty = summary.cells.filter(({ n }) => n === 0);
  for (const { id } of empty) context.stderr.write(`${id}: no start succeeded\n`);
  return empty.length === 0 ? exitCodes.fine : exitCodes.environment;
}

function showResult(summary: Summary, record: RunRecord, folder: string, context: Context): void {
  const { stdout } = context;
  stdout.write(`${alignedTable([ladderColumns, ...ladderRows(summary, record)])}\n\n`);
  stdout.write(`Times in ms. The talk's: "${talk.title}", ${talk.event}, its authors' hardware.\n`);
  for (const cell of summary.cells) {
    for (const warning of cell.warnings) stdout.write(`${cell.id}: ${warningText(warning)}\n`);
  }
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

function newRecord(
  runId: string,
  { scenarios, plan, surveyed }: PreparedPlan,
  artifacts: Artifacts,
  files: readonly string[],
  options: RunOptions,
  context: Context,
): RunRecord {
  const { facts, host, qemus } = surveyed;
  return {
    format: 1,
    basepoint: context.version,
    runId,
    state: 'running',
    startedAt: new Date().toISOString(),
    finishedAt: undefined,
    command: commandOf(files, plan, options),
    node: context.nodeVersion,
    seed: plan.seed,
    plannedStarts: plan.starts.length,
    scenarios: scenarios.map(({ file, text }) => ({ file, text })),
    cells: plan.cells.map((cell) => recordCell(cell.id, plan, artifacts)),
    skipped: plan.skipped,
    host: {
      fingerprint: hostFingerprint(facts),
      kvm: host.kvm,
      facts,
      warnings: hostWarnings(facts),
    },
    qemus: qemus.flatMap((found) => (found.state === 'usable' ? [found.qemu] : [])),
  };
}

function recordCell(id: string, plan: Plan, artifacts: Artifacts): RecordedCell {
  const cell = plan.cells.find((one) => one.id === id);
  const made = artifacts.cells.get(id);
  if (cell === undefined || made === undefined) throw new Error(`nothing was prepared for ${id}`);
  return {
    ...cell,
    guestVersion: made.guest.version,
    kernelSha256: made.guest.kernelSha256,
    initramfsSha256: made.guest.initramfsSha256,
    commandLine: made.spec.commandLine,
    firmwareKind: made.firmware.kind,
    firmwareSha256: made.firmware.sha256,
    templateKey: made.template?.key,
    stateBytes: made.template?.stateBytes,
  };
}

/** The command that repeats the run, its seed spelled out. */
function commandOf(files: readonly string[], plan: Plan, options: RunOptions): readonly string[] {
  return [
    ...['basepoint', 'run', ...files],
    ...(options.runs === undefined ? [] : ['--runs', String(options.runs)]),
    ...(options.only === undefined ? [] : ['--only', options.only.join(',')]),
    ...(options.accel === undefined ? [] : ['--accel', options.accel]),
    ...(options.qemu ?? []).flatMap((qemu) => ['--qemu', qemu]),
    ...['--seed', String(plan.seed)],
  ];
}
