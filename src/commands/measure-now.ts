/** Measures a run to be judged at once: on suspicion more rounds of it, up to a declared maximum. */
import { resolve } from 'node:path';

import type { Context } from '../context.js';
import { roundsAtOnce } from '../gate/rounds.js';
import { Stopping } from '../measure/stopping.js';
import type { Plan, PlanOptions } from '../plan/cell.js';
import { plan } from '../plan/plan.js';
import type { Artifacts } from '../prepare/prepare.js';
import type { RunRecord } from '../results/record.js';
import { readRun, refuseFilled, RunFolder, type StoredRun } from '../results/run-folder.js';
import { calibrateRun } from './calibrate.js';
import { newRecord } from './new-record.js';
import { preparePlan, type PreparedPlan } from './prepared-plan.js';
import { startsAfter } from './resume.js';
import { measureSession, newRunId, prepareAll, refuseUnrunnable, say } from './run.js';

/** What whoever judges the run asks of it. */
export interface MoreRounds {
  /** Throws where what is planned would be measured in vain. */
  readonly fits: (planned: Plan) => void;
  /** The most that may be added in all. */
  readonly most: number;
  /** Why what was measured so far asks for more, or nothing; to be asked after each addition. */
  readonly wanted: (run: StoredRun) => string;
}

/** For what judges a run as it is. */
export const noMore: MoreRounds = { fits: () => undefined, most: 0, wanted: () => '' };

/** @returns the run, which was interrupted where its record says so */
export async function measureNow(
  files: readonly string[],
  { out, ...options }: PlanOptions & { readonly out: string | undefined },
  more: MoreRounds,
  context: Context,
): Promise<StoredRun> {
  const prepared = await preparePlan(files, options, context);
  refuseUnrunnable(prepared.plan);
  more.fits(prepared.plan);
  const runId = newRunId(prepared);
  const folder = resolve(context.cwd, out ?? `results/${runId}`);
  await refuseFilled(folder);
  say(context, prepared);
  await using artifacts = await prepareAll(prepared, context);
  const calibration = await calibrateRun(artifacts, context);
  const record = { ...newRecord(runId, prepared, artifacts, options, context), calibration };
  const { plan: planned } = prepared;
  const session = { folder, record, plan: planned, made: 0, stopping: new Stopping(planned.cells) };
  await measureSession(
    session,
    (watch) => RunFolder.create(folder, record, watch),
    artifacts,
    context,
  );
  const given = { prepared, options, artifacts, context };
  return await addRounds(await readRun(folder), given, more);
}

interface Given {
  readonly prepared: PreparedPlan;
  readonly options: PlanOptions;
  readonly artifacts: Artifacts;
  readonly context: Context;
}

async function addRounds(run: StoredRun, given: Given, more: MoreRounds): Promise<StoredRun> {
  let current = run;
  for (let left = more.most; left > 0; left -= roundsAtOnce) {
    if (current.record.state !== 'complete') break;
    const why = more.wanted(current);
    if (why === '') break;
    const count = Math.min(roundsAtOnce, left);
    given.context.stderr.write(`${why}: ${count} more rounds are added\n`);
    current = await addBatch(current, count, given);
  }
  return current;
}

/** Goes on after the last sample, in the order that a longer plan has there. */
async function addBatch(
  { folder, record: before, samples }: StoredRun,
  count: number,
  { prepared, options, artifacts, context }: Given,
): Promise<StoredRun> {
  const measured = samples.filter(({ phase }) => phase === 'measure');
  const runs = measured.reduce((most, { round }) => Math.max(most, Number(round)), 0) + count;
  const longer = { ...options, runs };
  const { scenarios, guests, surveyed } = prepared;
  const extended = plan(scenarios, guests, surveyed.host, longer);
  const record: RunRecord = {
    ...newRecord(before.runId, { ...prepared, plan: extended }, artifacts, longer, context),
    startedAt: before.startedAt,
    calibration: before.calibration,
    added: [...(before.added ?? []), { at: new Date().toISOString(), after: samples.length }],
  };
  const starts = startsAfter(samples, extended);
  await measureSession(
    {
      folder,
      record,
      plan: { ...extended, starts },
      made: samples.length,
      stopping: new Stopping([]),
    },
    (watch) => RunFolder.reopen(folder, record, watch, samples.length),
    artifacts,
    context,
  );
  return readRun(folder);
}
