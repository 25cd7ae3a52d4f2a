/** `basepoint gate` as the command line has it. */
import type { Argv } from 'yargs';

import type { GateOptions } from '../commands/gate.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { planOptions, tellingOf, toPlanOptions, type GivenOptions } from './plan-options.js';

export function gateArguments<T>(argv: Argv<T>) {
  const file = { string: true, requiresArg: true } as const;
  return planOptions(
    argv.positional('scenario', {
      type: 'string',
      array: true,
      default: [],
      describe: 'what to measure now as the candidate',
    }),
  )
    .option('limits', { ...file, demandOption: true, describe: 'limits file' })
    .option('baseline', { ...file, describe: 'a stored baseline, or the folder of a run' })
    .option('candidate', { ...file, describe: 'the folder of a run, in place of a scenario' })
    .option('out', { ...file, describe: "the run's folder  [default: results/<utc>-<scenario>]" })
    .option('junit', { ...file, describe: 'write the verdict as JUnit XML' })
    .option('json', { ...file, describe: 'write the verdict as JSON' })
    .option('self-test', {
      boolean: true,
      default: false,
      describe: 'only see whether the gate can fail, and pass, with the baseline',
    })
    .option('trials', {
      number: true,
      requiresArg: true,
      default: 0,
      describe: 'with --self-test: how often to play the gate through with a long run',
    })
    .option('bisect', {
      boolean: true,
      default: false,
      describe: 'exit codes as `git bisect run` reads them: 0 good, 1 bad, 125 skip, 128 stop',
    })
    .check((given) => refuseUnclear(given));
}

const once = ['limits', 'baseline', 'candidate', 'junit', 'json'];

function refuseUnclear(given: Readonly<Record<string, unknown>>): true {
  const twice = once.find((name) => Array.isArray(given[name]));
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  const scenarios = given['scenario'] as readonly string[];
  const [run, base, sides, vary] = ['candidate', 'baseline', 'sides', 'vary'].map(
    (name) => given[name] !== undefined,
  );
  if (base === (sides || vary)) {
    throw new UsageError(
      'name what to compare with: either --baseline RUN, or --sides BASE,HEAD or --vary KNOB=A,B',
    );
  }
  refuseTrials(given['trials'], given['selfTest'] === true);
  if (given['selfTest'] === true) {
    if (!run && scenarios.length === 0 && base) return true;
    throw new UsageError('--self-test looks at the baseline alone: leave out the candidate');
  }
  if (run && scenarios.length > 0) {
    throw new UsageError(
      'the candidate is either a scenario or --candidate RUN, and both are given',
    );
  }
  if (run && vary) throw new UsageError('--vary says what to measure, and --candidate is measured');
  if (run || scenarios.length > 0) return true;
  throw new UsageError('name the candidate: a scenario file, or --candidate RUN');
}

function refuseTrials(count: unknown, selfTest: boolean): void {
  if (!Number.isInteger(count) || Number(count) < 0) {
    throw new UsageError('--trials must be a whole number, once');
  }
  if (count !== 0 && !selfTest) throw new UsageError('--trials belongs to --self-test');
}

export function toGateOptions(
  given: GivenOptions & {
    readonly scenario: readonly string[];
    readonly limits: string;
    readonly baseline?: string | undefined;
    readonly candidate?: string | undefined;
    readonly out?: string | undefined;
    readonly junit?: string | undefined;
    readonly json?: string | undefined;
    readonly selfTest: boolean;
    readonly trials: number;
  },
  context: Context,
): GateOptions {
  const { limits, baseline, candidate, scenario, out, junit, json, selfTest, trials } = given;
  const plan = toPlanOptions(given, context);
  const telling = tellingOf(plan);
  return {
    ...{ limits, junit, json, selfTest, trials },
    base: telling === undefined ? { run: baseline ?? '' } : { telling },
    candidate: candidate === undefined ? { scenarios: scenario } : { run: candidate },
    plan: { ...plan, out },
  };
}
