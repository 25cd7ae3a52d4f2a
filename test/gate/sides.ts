// Sides as the tests of the gate need them: made-up samples of a small plan.
import { compareSides } from '../../src/compare/compare.js';
import type { Side } from '../../src/compare/comparison.js';
import { floorsOf, regressionMetrics } from '../../src/gate/rules.js';
import { judge } from '../../src/gate/judge.js';
import type { GateCase, Verdict } from '../../src/gate/verdict.js';
import { parseLimits } from '../../src/parse/limits.js';
import type { Cell } from '../../src/plan/cell.js';
import type { SampleRecord } from '../../src/results/columns.js';
import { cellsOf, failedSample, readyRows, recordOf, rowsOf } from '../results/made-run.js';

export const cells = cellsOf('guest: tiny, tier: [cold, fork], memory: 32M');

/** Values that lie around a middle, evenly to 3 % on either side, in an order without drift. */
export function around(middle: number, n = 40): readonly number[] {
  return Array.from({ length: n }, (_, index) => {
    const place = ((index * 17) % n) / (n - 1) - 0.5;
    return middle * (1 + 0.06 * place);
  });
}

export function sideOf(name: string, ...rows: readonly (readonly SampleRecord[])[]): Side {
  const { host, cells: recorded, qemus } = recordOf(cells);
  return { name, host, qemus, cells: recorded, samples: rows.flat(), skipped: [], looks: 1 };
}

export function ready(cell: Cell | undefined, values: readonly number[]): readonly SampleRecord[] {
  if (cell === undefined) throw new Error('no such cell');
  return readyRows(cell, values);
}

export function failures(cell: Cell | undefined, count: number): readonly SampleRecord[] {
  if (cell === undefined) throw new Error('no such cell');
  return rowsOf(
    cell,
    Array.from({ length: count }, (_, index) => failedSample(cell, 100 + index)),
  );
}

export const usual = `limits:
  - { metric: [ready, work], regression: { relative: 5%, absolute: 1ms } }
  - { failureRate: 2% }
  - { cells: fork/*, ratio: { to: cold, most: 0.5 } }
`;

export function verdictOf(base: Side, candidate: Side, text = usual): Verdict {
  const limits = parseLimits(text, 'l.yaml');
  const comparison = compareSides(base, candidate, {
    ...{ alpha: limits.alpha, seed: 1 },
    floors: floorsOf(limits),
    metrics: regressionMetrics(limits),
  });
  return judge(limits, comparison, candidate);
}

export function caseOf({ cases }: Verdict, cell: string, check: string): GateCase {
  const found = cases.find((one) => one.cell === cell && one.check === check);
  if (found === undefined) throw new Error(`no case ${cell} ${check}`);
  return found;
}
