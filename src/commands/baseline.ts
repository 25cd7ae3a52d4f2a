/** `basepoint baseline`: saves a run to hold later ones against, shows it, accepts another. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { compareSides } from '../compare/compare.js';
import type { Comparison } from '../compare/comparison.js';
import { judgementsOf } from '../compare/outcome.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, UsageError, type ExitCode } from '../errors.js';
import { alignedTable } from '../output/ladder.js';
import { showMs } from '../output/numbers.js';
import {
  baselineOf,
  readBaseline,
  writeBaseline,
  type Acceptance,
  type Baseline,
} from '../results/baseline.js';
import { readRun, type StoredRun } from '../results/run-folder.js';
import { median } from '../statistics/describe.js';
import { otherHost, refuseDisjoint, sideOf } from './sides.js';

export async function saveBaseline(run: string, file: string, context: Context): Promise<ExitCode> {
  const path = resolve(context.cwd, file);
  if ((await stat(path).catch(() => undefined)) !== undefined) {
    throw new UsageError(`${file} exists: basepoint baseline accept ${run} ${file} replaces it`);
  }
  const stored = await readComplete(run, context);
  await writeBaseline(path, baselineOf(stored, [acceptance(stored, undefined, [])]));
  context.stdout.write(`${file}: ${stored.record.cells.length} cells of ${run}\n`);
  return exitCodes.fine;
}

/** A run that was cut short, or has a cell without one good start, says nothing later ones can meet. */
async function readComplete(run: string, { cwd }: Context): Promise<StoredRun> {
  const stored = await readRun(resolve(cwd, run));
  const { state, cells } = stored.record;
  if (state !== 'complete') throw new EnvironmentError(`${run} is ${state}, not complete`);
  const good = (id: string) =>
    stored.samples.some(
      (row) => row['cell'] === id && row['state'] === 'ok' && row['phase'] === 'measure',
    );
  if (cells.length === 0) throw new EnvironmentError(`${run} has no cells`);
  const empty = cells.find(({ id }) => !good(id));
  if (empty !== undefined) throw new EnvironmentError(`${run}: no start of ${empty.id} succeeded`);
  return stored;
}

function acceptance(
  { record }: StoredRun,
  reason: string | undefined,
  worse: readonly string[],
): Acceptance {
  return { at: new Date().toISOString(), runId: record.runId, reason, worse };
}

export interface AcceptOptions {
  /** Why it is accepted. */
  readonly reason: string | undefined;
  readonly otherHost: boolean;
}

/**
 * Only what surely is no slower is accepted as it is; all else needs a reason, which is kept.
 *
 * @throws UsageError where a reason is missing, EnvironmentError for another host that nobody asked for
 */
export async function acceptBaseline(
  run: string,
  file: string,
  { reason = '', otherHost: allowed }: AcceptOptions,
  context: Context,
): Promise<ExitCode> {
  const path = resolve(context.cwd, file);
  const before = await readBaseline(path);
  const stored = await readComplete(run, context);
  const comparison = compareSides(
    { name: file, ...before, skipped: [], looks: 1 },
    sideOf(stored, run),
    {
      alpha: 0.05,
      seed: 1,
    },
  );
  refuseDisjoint(comparison);
  const host = otherHost(comparison);
  if (host.length > 0 && !allowed) throw new EnvironmentError(otherHostText(run, file, host));
  const doubts = [...host.map((line) => `another host: ${line.trim()}`), ...doubtsOf(comparison)];
  if (doubts.length > 0 && reason.trim() === '') {
    const lines = doubts.map((line) => `  ${line}`).join('\n');
    throw new UsageError(
      `${run} is not surely as good as ${file}:\n${lines}\nsay why it is accepted: --reason TEXT`,
    );
  }
  const kept = reason.trim() === '' ? undefined : reason;
  const history = [...before.history, acceptance(stored, kept, doubts)];
  await writeBaseline(path, baselineOf(stored, history));
  context.stdout.write(`${file}: now ${stored.record.runId}\n`);
  return exitCodes.fine;
}

function otherHostText(run: string, file: string, lines: readonly string[]): string {
  return `${run} was measured on another host than ${file}:\n${lines.join('\n')}\nto accept it all the same: --other-host --reason TEXT`;
}

/** All that keeps a run from being called no slower than before; one sentence each. */
function doubtsOf(comparison: Comparison): readonly string[] {
  return [
    ...comparison.cells.flatMap((cell) => [
      ...judgementsOf(cell)
        .filter(({ mayBeWorse }) => mayBeWorse)
        .map(({ verdict, because }) => `${cell.id}: ${verdict}: ${because}`),
      ...cell.missing.map(({ metric, because }) => `${cell.id}: no ${metric.name}: ${because}`),
    ]),
    ...comparison.onlyBase.map((id) => `${id} is gone`),
  ];
}

export async function showBaseline(file: string, context: Context): Promise<ExitCode> {
  const baseline = await readBaseline(resolve(context.cwd, file));
  const rows = baseline.cells.map(({ id }) => figures(baseline, id));
  const history = baseline.history.map(
    ({ at, runId, reason = 'saved', worse }) => `${at}  ${runId}  ${[reason, ...worse].join('; ')}`,
  );
  const head = `${baseline.runId}, measured ${baseline.measuredAt}, basepoint ${baseline.basepoint}`;
  const table = alignedTable([['cell', 'n', 'failed', 'ready p50', 'work p50'], ...rows]);
  context.stdout.write(`${[head, table, '', ...history].join('\n')}\n`);
  return exitCodes.fine;
}

function figures({ samples }: Baseline, id: string): readonly string[] {
  const own = samples.filter((row) => row['cell'] === id);
  const ok = own.filter((row) => row['state'] === 'ok');
  const p50 = (column: string) => {
    const values = ok.flatMap((row) => (row[column] ? [Number(row[column])] : []));
    return values.length === 0 ? '-' : showMs(median(values));
  };
  return [id, String(ok.length), String(own.length - ok.length), p50('ready_ms'), p50('work_ms')];
}
