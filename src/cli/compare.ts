/** `basepoint compare` as the command line has it. */
import type { Argv } from 'yargs';

import type { CompareCommandOptions } from '../commands/compare.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { parseBy } from '../parse/vary.js';
import { planOptions, tellingOf, toPlanOptions, type GivenOptions } from './plan-options.js';

export function compareArguments<T>(argv: Argv<T>) {
  const text = { string: true, requiresArg: true } as const;
  return planOptions(
    argv.positional('side', {
      type: 'string',
      array: true,
      default: [],
      describe: 'BASE CANDIDATE: two runs, or a baseline and a run; or one run that holds both',
    }),
  )
    .option('scenario', {
      ...text,
      array: true,
      nargs: 1,
      describe: 'measure this now, both sides by turns; may be repeated',
    })
    .option('by', {
      ...text,
      describe: 'of one run: KNOB or KNOB=A,B, whose values are the sides',
    })
    .option('json', { boolean: true, default: false, describe: 'as JSON' })
    .option('out', {
      ...text,
      describe:
        "a folder for compare.md, .json and .png; with --scenario, the run's  [default: results/<utc>-<scenario>]",
    });
}

type Given = GivenOptions & {
  readonly side: readonly string[];
  readonly scenario?: readonly string[] | undefined;
  readonly by?: string | readonly string[] | undefined;
  readonly json: boolean;
  readonly out?: string | undefined;
};

/** @throws UsageError where it is not clear what is compared with what */
export function toCompareOptions(given: Given, context: Context): CompareCommandOptions {
  const { json, out } = given;
  return { of: comparedOf(given, context), json, out };
}

function comparedOf(given: Given, context: Context): CompareCommandOptions['of'] {
  const { side, scenario = [], by } = given;
  if (by !== undefined && typeof by !== 'string') throw new UsageError('--by is given twice');
  const plan = toPlanOptions(given, context);
  const told = tellingOf(plan);
  if (scenario.length > 0) {
    if (side.length > 0 || by !== undefined) {
      throw new UsageError('--scenario is measured now: leave out runs and --by');
    }
    if (told !== undefined) return { scenarios: scenario, telling: told, plan };
    throw new UsageError('say what both sides are: --vary KNOB=A,B, or --sides BASE,HEAD');
  }
  refuseMeasuring(given);
  const [base, candidate, ...more] = side;
  const telling = by === undefined ? told : parseBy(by);
  if (base !== undefined && candidate === undefined && telling !== undefined) {
    return { run: base, telling };
  }
  if (telling === undefined && base !== undefined && candidate !== undefined && more.length === 0) {
    return { sides: [base, candidate] };
  }
  throw new UsageError(
    'name BASE and CANDIDATE; or one run and --by KNOB; or --scenario FILE and --vary KNOB=A,B',
  );
}

const measuring = ['vary', 'runs', 'only', 'accel', 'qemu', 'seed'] as const;

function refuseMeasuring(given: Given): void {
  const idle = measuring.find((name) => given[name] !== undefined);
  if (idle === undefined) return;
  throw new UsageError(`--${idle} says what to measure: name a scenario, --scenario FILE`);
}
