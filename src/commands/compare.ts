/** `basepoint compare`: two runs, a baseline and a run, or two values of a knob within one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { compareSides } from '../compare/compare.js';
import type { Comparison, Side } from '../compare/comparison.js';
import { outcomeOf, type Outcome } from '../compare/outcome.js';
import { splitSides } from '../compare/sides.js';
import type { Context } from '../context.js';
import { EnvironmentError, exitCodes, InterruptedError, type ExitCode } from '../errors.js';
import {
  compareColumns,
  compareLines,
  compareMarkdown,
  compareRows,
} from '../output/compare-table.js';
import { alignedTable } from '../output/ladder.js';
import type { PlanOptions } from '../plan/cell.js';
import type { Telling, Two } from '../twins.js';
import { measureNow, noMore } from './measure-now.js';
import { conclude } from './run.js';
import { otherHost, readMeasured, refuseDisjoint, sideOf } from './sides.js';

export interface CompareCommandOptions {
  readonly of:
    | { readonly sides: Two<string> }
    | { readonly run: string; readonly telling: Telling }
    | {
        readonly scenarios: readonly string[];
        readonly telling: Telling;
        readonly plan: PlanOptions;
      };
  readonly json: boolean;
  readonly out: string | undefined;
}

/** The same samples give the same intervals. */
const seed = 1;
const alpha = 0.05;

export async function compareCommand(
  options: CompareCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const { sides, folder } = await sidesOf(options, context);
  const comparison = compareSides(...sides, { alpha, seed });
  refuseIncomparable(comparison);
  const outcome = outcomeOf(comparison);
  const text = `${JSON.stringify({ outcome, ...comparison }, null, 2)}\n`;
  context.stdout.write(options.json ? text : terminalText(comparison, outcome));
  if (folder !== undefined) await writeFiles(folder, comparison, text, outcome);
  return exits[outcome];
}

interface Found {
  readonly sides: Two<Side>;
  /** Where the comparison is written to. */
  readonly folder: string | undefined;
}

async function sidesOf({ of, json, out }: CompareCommandOptions, context: Context): Promise<Found> {
  if ('scenarios' in of) return measureBoth(of, out, json, context);
  const folder = out === undefined ? undefined : resolve(context.cwd, out);
  if ('run' in of) {
    return { sides: splitSides(await readMeasured(of.run, context), of.telling), folder };
  }
  const [base, candidate] = of.sides;
  return {
    sides: [await readMeasured(base, context), await readMeasured(candidate, context)],
    folder,
  };
}

/** The run is a folder as any other, and the comparison lies in it. */
async function measureBoth(
  { scenarios, plan, telling }: Extract<CompareCommandOptions['of'], { readonly plan: unknown }>,
  out: string | undefined,
  json: boolean,
  context: Context,
): Promise<Found> {
  const run = await measureNow(scenarios, { ...plan, out }, noMore, context);
  // With --json the comparison is all that standard output has.
  const ended = await conclude(run.folder, json ? { ...context, stdout: context.stderr } : context);
  if (ended === exitCodes.interrupted) throw new InterruptedError();
  return { sides: splitSides(sideOf(run, run.folder), telling), folder: run.folder };
}

const exits: Readonly<Record<Outcome, ExitCode>> = {
  fine: exitCodes.fine,
  regressed: exitCodes.regression,
  inconclusive: exitCodes.inconclusive,
};

function refuseIncomparable(comparison: Comparison): void {
  refuseDisjoint(comparison);
  const lines = otherHost(comparison);
  if (lines.length === 0) return;
  throw new EnvironmentError(`the hosts may not be compared:\n${lines.join('\n')}`);
}

async function writeFiles(
  folder: string,
  comparison: Comparison,
  json: string,
  outcome: Outcome,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'compare.json'), json);
  // Loaded after the last start: it takes long.
  const { compareChart } = await import('../output/charts/compare-chart.js');
  const png = compareChart(comparison);
  if (png !== undefined) await writeFile(join(folder, 'compare.png'), png);
  const chart = png === undefined ? undefined : 'compare.png';
  await writeFile(join(folder, 'compare.md'), compareMarkdown(comparison, outcome, chart));
}

function terminalText(comparison: Comparison, outcome: Outcome): string {
  const table = alignedTable([compareColumns, ...compareRows(comparison)]);
  const lines = compareLines(comparison).join('\n');
  return `${table}\n\nTimes in ms; positive is slower.\n${lines}\n${outcome}\n`;
}
