/** `basepoint gate`: stops a change that makes starts slower, and nothing else. */
import { appendFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { compareSides } from '../compare/compare.js';
import type { Side } from '../compare/comparison.js';
import { splitSides } from '../compare/sides.js';
import type { Context } from '../context.js';
import { exitCodes, InterruptedError, messageOf, type ExitCode } from '../errors.js';
import { judge } from '../gate/judge.js';
import { refuseOtherCells, refuseUnfit } from '../gate/planned.js';
import { looksOf } from '../gate/rounds.js';
import { floorsOf, regressionMetrics } from '../gate/rules.js';
import { exitOf, suspicionOf, type Verdict } from '../gate/verdict.js';
import { annotations, stepSummary } from '../output/gate/github.js';
import { junitError, junitXml } from '../output/gate/junit.js';
import { verdictText } from '../output/gate/terminal.js';
import { readLimits, type Limits } from '../parse/limits.js';
import type { Plan, PlanOptions } from '../plan/cell.js';
import type { StoredRun } from '../results/run-folder.js';
import type { Telling } from '../twins.js';
import { measureNow } from './measure-now.js';
import { conclude } from './run.js';
import { readMeasured, sideOf } from './sides.js';

export interface GateOptions {
  readonly limits: string;
  /** A run folder, or what tells the sides within the candidate's own run. */
  readonly base: { readonly run: string } | { readonly telling: Telling };
  /** A run folder, or scenario files to measure now. */
  readonly candidate: { readonly run: string } | { readonly scenarios: readonly string[] };
  readonly plan: PlanOptions & { readonly out: string | undefined };
  readonly junit: string | undefined;
  readonly json: string | undefined;
  readonly selfTest: boolean;
  /** How often the self-test plays the gate through; 0 is not at all. */
  readonly trials: number;
}

export async function gateCommand(options: GateOptions, context: Context): Promise<ExitCode> {
  const limits = await readLimits(options.limits, context.cwd);
  const verdict = await reachVerdict(limits, options, context).catch(async (error: unknown) => {
    await tellTrouble(error, options, context);
    throw error;
  });
  await publish(verdict, options, context);
  return exitOf(verdict);
}

async function reachVerdict(
  limits: Limits,
  { base, candidate, plan }: GateOptions,
  context: Context,
): Promise<Verdict> {
  const looks = 'run' in candidate ? 1 : looksOf(limits);
  // With a baseline that cannot be read, nothing is measured.
  const against = 'telling' in base ? base : await readMeasured(base.run, context);
  const judgeSide = judgeAgainst(against, limits, looks);
  if ('run' in candidate) return judgeSide(await readMeasured(candidate.run, context));
  const name = candidate.scenarios.join(' ');
  const judgeRun = (run: StoredRun) => judgeSide(sideOf(run, name));
  const wanted = (run: StoredRun) => suspicionOf(judgeRun(run));
  const fits = (planned: Plan) => {
    refuseUnfit(limits, planned, 'telling' in against ? against.telling : undefined);
    if (!('telling' in against)) refuseOtherCells(limits, planned, against);
  };
  const more = { fits, most: limits.extraRounds, wanted };
  const run = await measureNow(candidate.scenarios, plan, more, context);
  const ended = await conclude(run.folder, context);
  if (ended === exitCodes.interrupted) throw new InterruptedError();
  return judgeRun(run);
}

/** @param base the baseline's side, or what tells both within one run */
function judgeAgainst(
  base: Side | { readonly telling: Telling },
  limits: Limits,
  looks: number,
): (candidate: Side) => Verdict {
  // A run that a gate made is not judged more easily when it is judged again.
  const looksAt = (candidate: Side) => ({ looks: Math.max(looks, candidate.looks) });
  return (candidate) => {
    const sides =
      'telling' in base ? splitSides(candidate, base.telling) : ([base, candidate] as const);
    return decide(limits, ...sides, looksAt(candidate));
  };
}

/** The seed of the bootstrap, so that the same samples give the same verdict. */
const seed = 1;

interface DecideOptions {
  /** Of which this is one: see {@link looksOf}. */
  readonly looks: number;
  /** Of the intervals of ratios of medians, which are shown and decide nothing. */
  readonly resamples?: number;
}

export function decide(
  limits: Limits,
  base: Side,
  candidate: Side,
  options: DecideOptions,
): Verdict {
  const { alpha } = limits;
  const metrics = regressionMetrics(limits);
  const given = { alpha, seed, floors: floorsOf(limits), metrics, ...options };
  return judge(limits, compareSides(base, candidate, given), candidate);
}

async function publish(
  verdict: Verdict,
  { junit, json }: GateOptions,
  context: Context,
): Promise<void> {
  const { stdout, env, cwd } = context;
  stdout.write(verdictText(verdict));
  if (junit !== undefined) await writeFile(resolve(cwd, junit), junitXml(verdict));
  if (json !== undefined) {
    await writeFile(resolve(cwd, json), `${JSON.stringify(verdict, null, 2)}\n`);
  }
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of annotations(verdict)) stdout.write(`${line}\n`);
  await addToStepSummary(stepSummary(verdict), context);
}

async function addToStepSummary(text: string, { env }: Context): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file !== undefined && file !== '') await appendFile(file, text);
}

/** A trouble that left no verdict is told where the verdict would have been. */
async function tellTrouble(
  error: unknown,
  { junit, limits }: GateOptions,
  context: Context,
): Promise<void> {
  const message = messageOf(error);
  if (junit !== undefined) {
    await writeFile(resolve(context.cwd, junit), junitError(limits, message));
  }
  if (context.env['GITHUB_ACTIONS'] === 'true') {
    await addToStepSummary(`## Start-up: no verdict\n\n${message}\n`, context);
  }
}
