/** `basepoint compare`: two runs, or a baseline and a run. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { isTraced } from '../boot-stages.js';
import { compareSides } from '../compare/compare.js';
import type { Comparison, Side } from '../compare/comparison.js';
import { outcomeOf, type Outcome } from '../compare/outcome.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, type ExitCode } from '../errors.js';
import {
  compareColumns,
  compareLines,
  compareMarkdown,
  compareRows,
} from '../output/compare-table.js';
import { alignedTable } from '../output/ladder.js';
import { readBaseline } from '../results/baseline.js';
import { readRun, type StoredRun } from '../results/run-folder.js';

export interface CompareCommandOptions {
  readonly json: boolean;
  readonly out: string | undefined;
}

/** The same samples give the same intervals. */
const seed = 1;
const alpha = 0.05;

export async function compareCommand(
  [base, candidate]: readonly [string, string],
  { json, out }: CompareCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const sides = [await readSide(base, context), await readSide(candidate, context)] as const;
  const comparison = compareSides(...sides, { alpha, seed });
  refuseIncomparable(comparison);
  const outcome = outcomeOf(comparison);
  const text = `${JSON.stringify({ outcome, ...comparison }, null, 2)}\n`;
  context.stdout.write(json ? text : terminalText(comparison, outcome));
  if (out !== undefined) {
    const folder = resolve(context.cwd, out);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'compare.json'), text);
    await writeFile(join(folder, 'compare.md'), compareMarkdown(comparison, outcome));
  }
  return exits[outcome];
}

const exits: Readonly<Record<Outcome, ExitCode>> = {
  fine: exitCodes.fine,
  regressed: exitCodes.regression,
  inconclusive: exitCodes.inconclusive,
};

/**
 * A run's folder or a baseline's file.
 *
 * @throws EnvironmentError where it cannot be read, or the run was not measured to its end
 */
export async function readSide(path: string, { cwd }: Context): Promise<Side> {
  const full = resolve(cwd, path);
  const isFile = (await stat(full).catch(() => undefined))?.isFile() ?? false;
  if (isFile) return { name: path, ...(await readBaseline(full)) };
  const { record, samples } = await readRun(full);
  if (record.state !== 'complete') {
    throw new EnvironmentError(`${path} is ${record.state}: only a complete run can be compared`);
  }
  return sideOfRun(path, { record, samples });
}

/** What traced boots took is nothing to be held against others. */
export function sideOfRun(
  name: string,
  { record, samples }: Pick<StoredRun, 'record' | 'samples'>,
): Side {
  const { host, qemus, cells } = record;
  return {
    ...{ name, host, qemus, cells: cells.filter((cell) => !isTraced(cell)) },
    samples: samples.filter((row) => !isTraced(row)),
  };
}

function refuseIncomparable({ host, cells, base, candidate }: Comparison): void {
  if (cells.length === 0) throw new EnvironmentError(`${base} and ${candidate} share no cell`);
  if (host.comparable) return;
  const lines = host.differences
    .filter(({ severity }) => severity === 'blocks')
    .map((one) => `  ${one.label}: was ${one.base}, is ${one.candidate}`);
  throw new EnvironmentError(`the hosts may not be compared:\n${lines.join('\n')}`);
}

function terminalText(comparison: Comparison, outcome: Outcome): string {
  const table = alignedTable([compareColumns, ...compareRows(comparison)]);
  const lines = compareLines(comparison).join('\n');
  return `${table}\n\nTimes in ms; positive is slower.\n${lines}\n${outcome}\n`;
}
