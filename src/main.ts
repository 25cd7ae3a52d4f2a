/** The program: command line in, exit code out. */
import { parseCommandLine } from './cli.js';
import type { Context } from './context.js';
import {
  BasepointError,
  bisectCode,
  exitCodes,
  InterruptedError,
  type ExitCode,
} from './errors.js';

/** @returns the exit code; for `git bisect run` in its own, even where the rest was misspelt */
export async function main(args: readonly string[], context: Context): Promise<number> {
  return exitCodeFor(args, await outcome(args, context));
}

export function exitCodeFor(args: readonly string[], code: ExitCode): number {
  return args.includes('--bisect') ? bisectCode(code) : code;
}

async function outcome(args: readonly string[], context: Context): Promise<ExitCode> {
  try {
    const command = await parseCommandLine(args, context);
    return await command(context);
  } catch (error) {
    return explain(context.signal.aborted ? new InterruptedError() : error, context);
  }
}

/** One clear error. A stack trace means a defect of ours, never a user's mistake. */
function explain(error: unknown, { stderr }: Context): ExitCode {
  if (error instanceof BasepointError) {
    stderr.write(`basepoint: ${error.message}\n`);
    return error.exitCode;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`basepoint: this is a defect of basepoint, please report it\n${trace}\n`);
  return exitCodes.environment;
}
