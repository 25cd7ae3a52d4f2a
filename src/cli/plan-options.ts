/** The options that say what is planned, shared by the commands that measure. */
import type { Argv } from 'yargs';

import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { didYouMean } from '../parse/message.js';
import { pathOrName } from '../parse/path-or-name.js';
import { parseVary } from '../parse/vary.js';
import type { PlanOptions } from '../plan/cell.js';
import { tierNames, type TierName } from '../tiers.js';
import type { Telling, Two } from '../twins.js';

export const qemuOption = {
  string: true,
  array: true,
  nargs: 1,
  describe: 'QEMU binary, a path or a name on PATH; may be repeated',
} as const;

export function planOptions<T>(argv: Argv<T>) {
  return argv
    .option('runs', { string: true, requiresArg: true, describe: 'measured starts of each cell' })
    .option('only', { string: true, requiresArg: true, describe: 'tiers, separated by commas' })
    .option('accel', {
      choices: ['kvm', 'tcg', 'auto'] as const,
      describe: 'accelerator of all cells',
    })
    .option('qemu', qemuOption)
    .option('seed', { string: true, requiresArg: true, describe: 'of the order of starts' })
    .option('vary', {
      ...{ string: true, requiresArg: true },
      describe: 'KNOB=A,B: a knob that takes both values, started by turns, ABBA',
    })
    .option('sides', {
      ...{ string: true, requiresArg: true },
      describe: 'BASE,HEAD: parts of cell ids that tell two sides, started by turns, ABBA',
    })
    .check(refuseConfused);
}

const once = ['runs', 'only', 'accel', 'seed', 'out', 'resume', 'vary', 'sides'];
/** What sets a knob of all cells, by the knob that it sets. */
const setters: Readonly<Record<string, string>> = { qemu: 'qemu', accel: 'accel', tier: 'only' };

function refuseConfused(given: Readonly<Record<string, unknown>>): true {
  const twice = once.find((name) => Array.isArray(given[name]));
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  const { vary, sides } = given;
  if (typeof vary !== 'string') return true;
  if (sides !== undefined) throw new UsageError('either --vary or --sides, and both are given');
  const knob = vary.slice(0, Math.max(0, vary.indexOf('=')));
  const setter = setters[knob];
  if (setter === undefined || given[setter] === undefined) return true;
  throw new UsageError(`--vary ${knob} and --${setter} say the same: leave one out`);
}

export interface GivenOptions {
  readonly runs?: string | undefined;
  readonly only?: string | undefined;
  readonly accel?: 'kvm' | 'tcg' | 'auto' | undefined;
  readonly qemu?: readonly string[] | undefined;
  readonly seed?: string | undefined;
  readonly vary?: string | undefined;
  readonly sides?: string | undefined;
}

export function toPlanOptions(given: GivenOptions, context: Context): PlanOptions {
  return {
    runs: wholeNumber('--runs', given.runs, 1),
    seed: wholeNumber('--seed', given.seed, 0),
    only: given.only?.split(',').map(toTier),
    accel: given.accel,
    qemu: qemuPaths(given.qemu, context),
    vary: given.vary === undefined ? undefined : parseVary(given.vary, context.cwd),
    sides: given.sides === undefined ? undefined : twoNames('--sides', given.sides),
  };
}

/** How the two sides of what is planned are told apart; undefined where it has none. */
export function tellingOf({ vary, sides }: PlanOptions): Telling | undefined {
  if (vary !== undefined) return { knob: vary.knob };
  return sides === undefined ? undefined : { parts: sides };
}

/** @throws UsageError where they are not two */
export function twoNames(option: string, text: string): Two<string> {
  const [base, candidate, ...more] = text.split(',');
  if (base && candidate && more.length === 0 && base !== candidate) return [base, candidate];
  throw new UsageError(`${option} must be two different names such as plain,quiet, got "${text}"`);
}

export function wholeNumber(
  option: string,
  text: string | undefined,
  least: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value < 2 ** 32) return value;
  throw new UsageError(`${option} must be a whole number of at least ${least}, got "${text}"`);
}

function toTier(text: string): TierName {
  const name = tierNames.find((tier) => tier === text.trim());
  if (name !== undefined) return name;
  const hint = didYouMean(text, tierNames);
  throw new UsageError(`--only: unknown tier "${text}"${hint}; tiers: ${tierNames.join(', ')}`);
}

export function qemuPaths(
  given: readonly string[] | undefined,
  { cwd }: Context,
): readonly string[] | undefined {
  return given?.map((qemu) => pathOrName(qemu, cwd));
}
