/** `basepoint report`: makes everything that follows from a run's samples again. */
import { resolve } from 'node:path';

import type { Context } from '../context.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { resultTables } from '../output/result-tables.js';
import { readRun } from '../results/run-folder.js';

export async function reportCommand(folder: string, context: Context): Promise<ExitCode> {
  const run = await readRun(resolve(context.cwd, folder));
  // Charting takes long to load and is needed only here and at the end of a run.
  const { writeReport } = await import('../output/write-report.js');
  const summary = await writeReport(run);
  context.stdout.write(resultTables(summary, run));
  context.stdout.write(`${run.folder}/report.html\n`);
  return exitCodes.fine;
}
