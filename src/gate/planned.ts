/** Whether the limits fit what is planned, so that nothing is measured in vain. */
import { EnvironmentError } from '../errors.js';
import type { Limits } from '../parse/limits.js';
import type { Cell, Plan, SkippedCell } from '../plan/cell.js';
import { tellApart, type Telling } from '../twins.js';
import { refuseUnmatched, unjudged } from './rules.js';

/**
 * @param telling what tells the two sides apart where both are in this plan
 * @throws UsageError for a limit that matches no cell, EnvironmentError where a cell that is limited was
 *   skipped and the limits refuse that
 */
export function refuseUnfit(
  limits: Limits,
  { cells, skipped }: Pick<Plan, 'cells' | 'skipped'>,
  telling?: Telling,
): void {
  const all = [...cells, ...skipped.map(({ cell }) => cell)];
  const idOf = judgedIds(all, telling);
  refuseUnmatched(limits, all.map(idOf));
  if (limits.skippedCells !== 'refuse') return;
  refuseSkipped(
    limits,
    skipped.map((one) => ({ ...one, cell: { ...one.cell, id: idOf(one.cell) } })),
  );
}

/** The id that limits are held against: that of a pair of twins where sides are told apart. */
function judgedIds(cells: readonly Cell[], telling: Telling | undefined) {
  if (telling === undefined) return ({ id }: Cell) => id;
  const told = tellApart(cells, telling).cells;
  return ({ id }: Cell) => told.get(id)?.id ?? id;
}

function refuseSkipped(limits: Limits, skipped: readonly SkippedCell[]): void {
  const reasons = new Map(
    unjudged(limits, skipped).map(({ cell, because }) => [cell.id, because] as const),
  );
  if (reasons.size === 0) return;
  const lines = [...reasons].map(([id, because]) => `  ${id}: ${because}`);
  throw new EnvironmentError(
    `${limits.file} limits cells that this host cannot start ("skippedCells: warn" judges the others):\n${lines.join('\n')}`,
  );
}
