/** `basepoint export`: a run in the format of another tool. */
import { resolve } from 'node:path';

import { isTraced } from '../boot-stages.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, type ExitCode } from '../errors.js';
import { exportFormats, type ExportFormat } from '../output/export/formats.js';
import { accelLabel } from '../results/record.js';
import { readRun } from '../results/run-folder.js';
import { metricOf, summarise, type Summary } from '../summarise.js';

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly metrics: readonly string[];
}

/** @throws EnvironmentError where the run is not whole, or a cell has nothing to export */
export async function exportCommand(
  folder: string,
  { format, metrics }: ExportOptions,
  context: Context,
): Promise<ExitCode> {
  const { record, samples } = await readRun(resolve(context.cwd, folder));
  if (record.state !== 'complete') {
    throw new EnvironmentError(`${folder} is ${record.state}: only a complete run is exported`);
  }
  const summary = summarise(record, samples);
  const exported = record.cells.filter((cell) => !isTraced(cell));
  refuseGaps(folder, exported, summary, metrics);
  const accelOf = (accel: string) => accelLabel(accel, record.host.kvm);
  context.stdout.write(
    `${JSON.stringify(exportFormats[format](summary, metrics, accelOf), null, 2)}\n`,
  );
  return exitCodes.fine;
}

/** A cell without a figure would be missing from the export, and nobody would know. */
function refuseGaps(
  folder: string,
  cells: readonly { readonly id: string }[],
  summary: Summary,
  metrics: readonly string[],
): void {
  if (cells.length === 0) throw new EnvironmentError(`${folder} has no cells: nothing to export`);
  const [id] = cells
    .map((cell) => cell.id)
    .filter((name) => {
      const found = summary.cells.find((one) => one.id === name);
      return found === undefined || metrics.every((metric) => !metricOf(found, metric));
    });
  if (id === undefined) return;
  throw new EnvironmentError(`${folder}: ${id} has no ${metrics.join(' or ')} to export`);
}
