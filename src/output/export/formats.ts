/** The formats that other tools read a run in. The only such list. */
import type { Summary } from '../../summarise.js';
import { bencherMetrics } from './bencher.js';
import { customSmallerIsBetter } from './github-action-benchmark.js';
import { hyperfineResults } from './hyperfine.js';

/**
 * Makes a run's export: what is written as JSON.
 *
 * @param metrics names, of which each cell has the first at least
 * @param accelOf what an accelerator is called where it says whether guests were emulated
 */
export type Export = (
  summary: Summary,
  metrics: readonly string[],
  accelOf: (accel: string) => string,
) => unknown;

export const exportFormats = {
  'github-action-benchmark': customSmallerIsBetter,
  bencher: bencherMetrics,
  hyperfine: hyperfineResults,
} as const satisfies Readonly<Record<string, Export>>;

export type ExportFormat = keyof typeof exportFormats;

export const exportFormatNames = Object.keys(exportFormats) as readonly ExportFormat[];
