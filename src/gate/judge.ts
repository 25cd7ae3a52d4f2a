/** The gate: limits and a comparison to a verdict. Pure, so that old runs can be judged again. */
import type { Comparison, CellComparison, Side } from '../compare/comparison.js';
import type { Limits } from '../parse/limits.js';
import { judgeCheck } from './checks.js';
import { idleLimit, limitsOf, refuseUnmatched, subject } from './rules.js';
import { sideProblems } from './sides.js';
import type { GateCase, Verdict } from './verdict.js';

/**
 * @param comparison made with the floors that `floorsOf` gives for these limits
 * @throws UsageError for a limit that matches no cell, or nothing of the cells it matches
 */
export function judge(limits: Limits, comparison: Comparison, candidate: Side): Verdict {
  const { errors, warnings } = sideProblems(limits, comparison);
  const sides = { limits: limits.file, base: comparison.base, candidate: comparison.candidate };
  // Figures of other hosts, or of half the cells, would be read as if they meant something.
  if (errors.length > 0) return { ...sides, cases: errors, warnings };
  refuseUnmatched(limits, [
    ...comparison.cells.map(({ id }) => id),
    ...comparison.skipped.map(({ cell }) => cell.id),
  ]);
  const cases = comparison.cells.flatMap((cell) => judgeCell(limits, cell, candidate));
  refuseIdle(limits, comparison.cells, cases);
  return { ...sides, cases, warnings: [...warnings, ...unlimited(comparison.cells, cases)] };
}

function judgeCell(limits: Limits, cell: CellComparison, candidate: Side): readonly GateCase[] {
  return limitsOf(limits, cell.id).flatMap(({ at, check }) => {
    const found = judgeCheck(check, { limits, cell, candidate });
    return found === undefined ? [] : [{ cell: cell.id, check: subject(check), at, ...found }];
  });
}

function refuseIdle(
  limits: Limits,
  cells: readonly CellComparison[],
  cases: readonly GateCase[],
): void {
  const used = new Set(cases.map(({ at, check }) => `${at ?? ''} ${check}`));
  for (const { id } of cells) {
    for (const limit of limitsOf(limits, id)) {
      if (used.has(`${limit.at} ${subject(limit.check)}`)) continue;
      throw idleLimit(limit, id);
    }
  }
}

function unlimited(
  cells: readonly CellComparison[],
  cases: readonly GateCase[],
): readonly string[] {
  const free = cells.filter(({ id }) => !cases.some(({ cell }) => cell === id));
  return free.map(({ id }) => `${id}: nothing limits it`);
}
