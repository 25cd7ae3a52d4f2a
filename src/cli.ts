/** The command line: what may be said, checked. Says nothing itself; returns what to do. */
import yargs, { type Argv } from 'yargs';

import { kernelActions, kernelsCommandLine } from './commands/kernels/command-line.js';
import type { Context } from './context.js';
import { exitCodes, UsageError, type ExitCode } from './errors.js';
import { compareArguments, toCompareOptions } from './cli/compare.js';
import { exportArguments, toExportOptions } from './cli/export.js';
import { gateArguments, toGateOptions } from './cli/gate.js';
import { planOptions, qemuOption, qemuPaths, toPlanOptions } from './cli/plan-options.js';
import { didYouMean } from './parse/message.js';

export type Command = (context: Context) => Promise<ExitCode>;

/**
 * @param args without the program's own name
 * @throws UsageError with one line that says what is wrong
 */
export async function parseCommandLine(
  args: readonly string[],
  context: Context,
): Promise<Command> {
  let chosen: Command | undefined;
  const choose = (command: Command) => {
    chosen = command;
  };
  const parser = buildParser(context, choose);
  const output = await new Promise<string>((resolve, reject) => {
    void parser.parse([...args], {}, (error: Error | undefined, _argv: unknown, text: string) => {
      if (error) reject(error);
      else resolve(text);
    });
  }).catch((error: unknown) => {
    throw asUsageError(error);
  });
  return chosen ?? printer(output);
}

function printer(text: string): Command {
  return ({ stdout }) => {
    stdout.write(`${text}\n`);
    return Promise.resolve(exitCodes.fine);
  };
}

function buildParser(context: Context, choose: (command: Command) => void): Argv {
  return yargs()
    .scriptName('basepoint')
    .usage('$0 COMMAND: how long virtual machines take to start, and how sure that is')
    .locale('en')
    .version(context.version)
    .exitProcess(false)
    .command(
      'run [scenario..]',
      'start the virtual machines of the scenarios, many times, and report',
      (argv) =>
        planOptions(argv.positional('scenario', { type: 'string', array: true, default: [] }))
          .option('out', {
            string: true,
            requiresArg: true,
            describe: "the run's folder  [default: results/<utc>-<scenario>]",
          })
          .option('resume', {
            string: true,
            requiresArg: true,
            describe: 'go on with the run in this folder, which was interrupted or killed',
          })
          .check(refuseMixed),
      (argv) => {
        const { resume } = argv;
        if (resume !== undefined) {
          choose(async (given) =>
            (await import('./commands/resume.js')).resumeCommand(resume, given),
          );
          return;
        }
        const options = { ...toPlanOptions(argv, context), out: argv.out };
        choose(async (given) =>
          (await import('./commands/run.js')).runCommand(argv.scenario, options, given),
        );
      },
    )
    .command(
      'plan <scenario..>',
      'print what run would start, and what it would skip and why',
      (argv) => planOptions(scenarioFiles(argv)).option('json', jsonOption),
      (argv) => {
        const options = { ...toPlanOptions(argv, context), json: argv.json };
        choose(async (given) =>
          (await import('./commands/plan.js')).planCommand(argv.scenario, options, given),
        );
      },
    )
    .command(
      'report <folder>',
      "make a run's summary, charts and report again from its samples",
      (argv) => argv.positional('folder', { type: 'string', demandOption: true }),
      (argv) => {
        choose(async (given) =>
          (await import('./commands/report.js')).reportCommand(argv.folder, given),
        );
      },
    )
    .command(
      'export <folder>',
      "print a run's figures in the format of another tool",
      exportArguments,
      (argv) => {
        const options = toExportOptions(argv);
        choose(async (given) =>
          (await import('./commands/export.js')).exportCommand(argv.folder, options, given),
        );
      },
    )
    .command(
      'compare [side..]',
      'say whether the candidate starts slower than the base: two runs, or two values of a knob',
      compareArguments,
      (argv) => {
        const options = toCompareOptions(argv, context);
        choose(async (given) =>
          (await import('./commands/compare.js')).compareCommand(options, given),
        );
      },
    )
    .command('baseline', 'keep a run to hold later ones against', (argv) =>
      baselineCommands(argv, choose),
    )
    .command(
      'gate [scenario..]',
      'stop a change that makes starts slower: judge a run by limits',
      gateArguments,
      (argv) => {
        const options = toGateOptions(argv, context);
        choose(async (given) => {
          const { gateSelfTest } = await import('./commands/gate-self-test.js');
          const { gateCommand } = await import('./commands/gate.js');
          return options.selfTest && 'run' in options.base
            ? gateSelfTest(options.base.run, options, given)
            : gateCommand(options, given);
        });
      },
    )
    .command(
      'doctor',
      'say what this host can run, and why not',
      (argv) => argv.option('json', jsonOption).option('qemu', qemuOption),
      (argv) => {
        const options = { json: argv.json, qemu: qemuPaths(argv.qemu, context) ?? [] };
        choose(async (given) =>
          (await import('./commands/doctor.js')).doctorCommand(options, given),
        );
      },
    )
    .command(
      'calibrate',
      'measure the observer: how late it sees a mark, what spawning costs, and the like',
      (argv) =>
        argv
          .option('json', jsonOption)
          .option('qemu', { ...onceOption, describe: 'QEMU binary, a path or a name on PATH' }),
      (argv) => {
        const options = { json: argv.json, qemu: argv.qemu };
        choose(async (given) =>
          (await import('./commands/calibrate.js')).calibrateCommand(options, given),
        );
      },
    )
    .command('kernels', "list, fetch, build, verify and compare the guests' kernels", (argv) =>
      kernelsCommandLine(argv, choose),
    )
    .demandCommand(
      1,
      1,
      'name a command: run, plan, report, compare, baseline, gate, export, calibrate, doctor or kernels (see --help)',
    )
    .strict()
    .recommendCommands()
    .fail((message, error) => {
      throw error instanceof Error ? error : new UsageError(inOneLine(message));
    });
}

function baselineCommands(argv: Argv, choose: (command: Command) => void): Argv {
  const files = <T>(own: Argv<T>) =>
    own
      .positional('run', { type: 'string', demandOption: true })
      .positional('file', { type: 'string', demandOption: true });
  return argv
    .command('save <run> <file>', 'make a baseline of a run', files, ({ run, file }) => {
      choose(async (given) =>
        (await import('./commands/baseline.js')).saveBaseline(run, file, given),
      );
    })
    .command(
      'show <file>',
      "print a baseline's figures and history",
      (own) => own.positional('file', { type: 'string', demandOption: true }),
      ({ file }) => {
        choose(async (given) => (await import('./commands/baseline.js')).showBaseline(file, given));
      },
    )
    .command(
      'accept <run> <file>',
      'replace a baseline; one that is not surely as good needs a reason, which is kept',
      (own) =>
        files(own)
          .option('reason', {
            string: true,
            requiresArg: true,
            describe: 'why one is accepted that is slower, or may be',
          })
          .option('other-host', {
            boolean: true,
            default: false,
            describe: 'accept one that was measured on another host; needs a reason',
          }),
      ({ run, file, reason, otherHost }) => {
        choose(async (given) =>
          (await import('./commands/baseline.js')).acceptBaseline(
            run,
            file,
            { reason, otherHost },
            given,
          ),
        );
      },
    )
    .demandCommand(1, 1, 'say what to do with the baseline: save, show or accept');
}

/** What yargs says of the command line; anything else is a defect and stays what it is. */
function asUsageError(error: unknown): unknown {
  const ofYargs = error instanceof Error && error.name === 'YError';
  return ofYargs ? new UsageError(inOneLine(error.message), { cause: error }) : error;
}

const commandNames = [
  ...[
    'run',
    'plan',
    'report',
    'compare',
    'baseline',
    'gate',
    'export',
    'doctor',
    'calibrate',
    'kernels',
  ],
  ...kernelActions,
];
const optionNames = [
  ...['runs', 'only', 'accel', 'qemu', 'seed', 'out', 'resume', 'json', 'help', 'version'],
  ...['format', 'metric', 'from', 'source', 'limits', 'baseline', 'candidate', 'sides', 'junit'],
  ...['self-test', 'bisect', 'vary', 'by', 'scenario', 'reason', 'trials', 'other-host'],
];

/** yargs's message as one of ours. */
function inOneLine(message: string): string {
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? [];
  if (unknown === undefined) return message.replaceAll(/\s*\n\s*/g, ' ');
  const hint = didYouMean(unknown, [...commandNames, ...optionNames]);
  return `unknown command or option "${unknown}"${hint}; see --help`;
}

const jsonOption = { boolean: true, default: false, describe: 'as JSON' } as const;

/** yargs makes a list of an option that is given twice. */
const onceOption = {
  string: true,
  requiresArg: true,
  coerce: (given: string | readonly string[]): string => {
    if (typeof given === 'string') return given;
    throw new UsageError('--qemu is given twice');
  },
} as const;

function scenarioFiles<T>(argv: Argv<T>) {
  return argv.positional('scenario', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'scenario files',
  });
}

/** A run that goes on does so as it was planned. */
function refuseMixed(given: Readonly<Record<string, unknown>>): true {
  const files = given['scenario'] as readonly string[];
  if (given['resume'] === undefined) {
    if (files.length > 0) return true;
    throw new UsageError('name a scenario file, or a folder to go on with: --resume FOLDER');
  }
  const options = ['runs', 'only', 'accel', 'qemu', 'seed', 'vary', 'sides', 'out'];
  const other = options.find((name) => given[name] !== undefined);
  if (other === undefined && files.length === 0) return true;
  const what = other === undefined ? `the scenario ${files[0] ?? ''}` : `--${other}`;
  throw new UsageError(`--resume goes on with a run as it was planned: leave out ${what}`);
}
