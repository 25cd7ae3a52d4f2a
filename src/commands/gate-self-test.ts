/** `basepoint gate --self-test`: whether the gate can fail with these samples, and lets them pass. */
import type { Side } from '../compare/comparison.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, type ExitCode } from '../errors.js';
import { plantings, type Planted } from '../gate/planted.js';
import { looksOf } from '../gate/rounds.js';
import { slowedDown, timesFloor } from '../gate/self-test.js';
import { trial, type Trial, type TrialOptions } from '../gate/trials.js';
import { exitOf, type Verdict } from '../gate/verdict.js';
import { verdictText } from '../output/gate/terminal.js';
import { readLimits, type Limits } from '../parse/limits.js';
import { median } from '../statistics/describe.js';
import { decide, type GateOptions } from './gate.js';
import { readMeasured } from './sides.js';

/** @throws EnvironmentError where the gate cannot be trusted */
export async function gateSelfTest(
  baseline: string,
  { limits: file, plan, trials }: GateOptions,
  context: Context,
): Promise<ExitCode> {
  const limits = await readLimits(file, context.cwd);
  const side = await readMeasured(baseline, context);
  const once = testOnce(limits, side, context);
  const trusted = trials === 0 ? once : playThrough(side, limits, plan.runs, trials, context);
  if (once && trusted) return exitCodes.fine;
  throw new EnvironmentError(
    `the gate with the limits ${file} and the samples of ${baseline} cannot be trusted`,
  );
}

function testOnce(limits: Limits, side: Side, { stdout }: Context): boolean {
  const slow = decide(limits, side, slowedDown(side, limits), { looks: 1 });
  const same = decide(limits, side, side, { looks: 1 });
  const caught = exitOf(slow) === exitCodes.regression;
  const passed = exitOf(same) === exitCodes.fine;
  const lines = [
    `slowed down by ${timesFloor} times its floors: ${caught ? 'caught' : 'NOT CAUGHT'}, ${seenBy(slow)}`,
    `against itself: ${passed ? 'passed' : 'DID NOT PASS'}`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
  if (!caught || !passed) stdout.write(verdictText(caught ? same : slow));
  return caught && passed;
}

function seenBy({ cases }: Verdict): string {
  const compared = cases.filter(({ comparison }) => comparison !== undefined);
  const seen = compared.filter(({ outcome }) => outcome === 'regressed');
  return `in ${seen.length} of ${compared.length} comparisons`;
}

/** As in the scenario that limits/default.yaml is for. */
const usualRuns = 40;
/** What a gate may be wrong in: one of twenty. */
const right = 0.95;

function playThrough(
  side: Side,
  limits: Limits,
  runs = usualRuns,
  count: number,
  { stdout }: Context,
): boolean {
  const judge = (base: Side, candidate: Side) =>
    decide(limits, base, candidate, { looks: looksOf(limits), resamples: 1 });
  const options: TrialOptions = { limits, runs, judge };
  const lines = [undefined, ...plantings].map((planted) => {
    const seeds = Array.from({ length: count }, (_, index) => index + 1);
    const trials = seeds.map((seed) => trial(side, seed, planted, options));
    const enough = countOf(trials, wantedCode(planted)) >= right * count;
    stdout.write(
      `${planted?.name ?? 'the same code'}: ${tally(trials)}${enough ? '' : ': NOT ENOUGH'}\n`,
    );
    return enough;
  });
  return lines.every((enough) => enough);
}

function wantedCode(planted: Planted | undefined): ExitCode {
  return planted === undefined ? exitCodes.fine : exitCodes.regression;
}

function tally(trials: readonly Trial[]): string {
  const count = (code: ExitCode) => countOf(trials, code);
  const other = count(exitCodes.inconclusive) + count(exitCodes.environment);
  const rounds = trials.map((one) => one.rounds);
  return [
    `${count(exitCodes.fine)} passed, ${other} inconclusive, ${count(exitCodes.regression)} regressed`,
    `rounds: median ${median(rounds)}, most ${Math.max(...rounds)}`,
  ].join('; ');
}

function countOf(trials: readonly Trial[], code: ExitCode): number {
  return trials.filter(({ verdict }) => exitOf(verdict) === code).length;
}
