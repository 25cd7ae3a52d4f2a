/** The options that say what is planned, shared by the commands that measure. */
import type { Argv } from 'yargs';

import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { didYouMean } from '../parse/message.js';
import { pathOrName } from '../parse/scenario.js';
import type { PlanOptions } from '../plan/cell.js';
import { tierNames, type TierName } from '../tiers.js';

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
    .check((given) => {
      const twice = ['runs', 'only', 'accel', 'seed', 'out', 'resume'].find((name) =>
        Array.isArray(given[name]),
      );
      if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
      return true;
    });
}

export interface GivenOptions {
  readonly runs?: string | undefined;
  readonly only?: string | undefined;
  readonly accel?: 'kvm' | 'tcg' | 'auto' | undefined;
  readonly qemu?: readonly string[] | undefined;
  readonly seed?: string | undefined;
}

export function toPlanOptions(given: GivenOptions, context: Context): PlanOptions {
  return {
    runs: wholeNumber('--runs', given.runs, 1),
    seed: wholeNumber('--seed', given.seed, 0),
    only: given.only?.split(',').map(toTier),
    accel: given.accel,
    qemu: qemuPaths(given.qemu, context),
  };
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
