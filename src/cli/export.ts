/** `basepoint export` as the command line has it. */
import type { Argv } from 'yargs';

import type { ExportOptions } from '../commands/export.js';
import { UsageError } from '../errors.js';
import { metrics } from '../metrics.js';
import { exportFormatNames } from '../output/export/formats.js';
import { didYouMean } from '../parse/message.js';

export function exportArguments<T>(argv: Argv<T>) {
  return argv
    .positional('folder', { type: 'string', demandOption: true, describe: 'the folder of a run' })
    .option('format', {
      choices: exportFormatNames,
      demandOption: true,
      describe: 'the tool that is to read it',
    })
    .option('metric', {
      string: true,
      requiresArg: true,
      default: 'ready',
      describe: 'what of each start, separated by commas',
    });
}

export function toExportOptions(given: {
  readonly format: ExportOptions['format'];
  readonly metric: string;
}): ExportOptions {
  return { format: given.format, metrics: given.metric.split(',').map(toMetric) };
}

function toMetric(text: string): string {
  const known = metrics.map(({ name }) => name);
  const name = text.trim();
  if (known.includes(name)) return name;
  throw new UsageError(`--metric: unknown metric "${name}"${didYouMean(name, known)}`);
}
