/** Whether the limits fit what is planned, so that nothing is measured in vain. */
import { isTraced } from '../boot-stages.js';
import type { Side } from '../compare/comparison.js';
import { EnvironmentError, UsageError } from '../errors.js';
import { markNames } from '../marks.js';
import type { LimitCheck, Limits } from '../parse/limits.js';
import type { Cell, Plan, SkippedCell } from '../plan/cell.js';
import { requiredMarks } from '../tiers.js';
import { tellApart, type Telling } from '../twins.js';
import { counterpart } from './figures.js';
import { idleLimit, lacked, matches, refuseUnmatched, unjudged } from './rules.js';

/**
 * @param telling what tells the two sides apart where both are in this plan
 * @throws UsageError for a limit that matches no cell, or nothing of the cells it matches,
 *   EnvironmentError where a cell that is limited was skipped and the limits refuse that
 */
export function refuseUnfit(
  limits: Limits,
  plan: Pick<Plan, 'cells' | 'skipped'>,
  telling?: Telling,
): void {
  const left = plan.skipped.filter(({ cell }) => !isTraced(cell));
  const started = plan.cells.filter((cell) => !isTraced(cell));
  const cells = [...started, ...left.map(({ cell }) => cell)];
  const judged = asJudged(cells, telling);
  refuseUnmatched(
    limits,
    cells.map((cell) => judged(cell).id),
  );
  refuseIdle(limits, cells.map(judged));
  refuseLonely(limits, started.map(judged), cells.map(judged));
  if (limits.skippedCells !== 'refuse') return;
  refuseSkipped(
    limits,
    left.map((one) => ({ ...one, cell: judged(one.cell) })),
  );
}

/**
 * @param base the stored baseline
 * @throws EnvironmentError where not the same cells would be measured, as the limits would have it
 */
export function refuseOtherCells(
  limits: Limits,
  { cells, skipped }: Pick<Plan, 'cells' | 'skipped'>,
  base: Side,
): void {
  const planned = cells.filter((cell) => !isTraced(cell)).map(({ id }) => id);
  const stored = base.cells.map(({ id }) => id);
  const left = lacked(limits, [...base.skipped, ...skipped]);
  const missing = left(stored.filter((id) => !planned.includes(id)));
  const added = left(planned.filter((id) => !stored.includes(id)));
  const lines = [
    ...(limits.missingCells === 'refuse' ? missing : []).map(
      (id) => `  ${id}: only in the baseline`,
    ),
    ...(limits.newCells === 'refuse' ? added : []).map((id) => `  ${id}: not in the baseline`),
  ];
  if (lines.length === 0) return;
  throw new EnvironmentError(
    `${base.name} has other cells than would be measured; measure the scenario that it was made of:\n${lines.join('\n')}`,
  );
}

/** Gives a cell the id that limits are held against: that of a pair of twins where sides are told apart. */
function asJudged(cells: readonly Cell[], telling: Telling | undefined): (cell: Cell) => Cell {
  if (telling === undefined) return (cell) => cell;
  const told = tellApart(cells, telling).cells;
  return (cell) => ({ ...cell, id: told.get(cell.id)?.id ?? cell.id });
}

function refuseIdle({ limits }: Limits, cells: readonly Cell[]): void {
  for (const limit of limits) {
    const matched = cells.filter(({ id }) => matches(limit.cells, id));
    if (matched.some((cell) => applies(limit.check, cell))) continue;
    throw idleLimit(limit, matched[0]?.id ?? '');
  }
}

/**
 * A ratio needs the other tier of the same machine.
 *
 * @param cells also those that were skipped, which have their own say
 */
function refuseLonely({ limits }: Limits, started: readonly Cell[], cells: readonly Cell[]): void {
  for (const { at, check, cells: pattern } of limits) {
    if (check.kind !== 'ratio') continue;
    const lonely = started.find(
      (cell) =>
        applies(check, cell) &&
        matches(pattern, cell.id) &&
        counterpart(cells, cell, check.to) === undefined,
    );
    if (lonely === undefined) continue;
    throw new UsageError(
      `${at}: no ${check.to} of the same machine is planned beside ${lonely.id}`,
    );
  }
}

/** Whether a start of the cell may have what is limited. */
function applies(check: LimitCheck, { tier, ends }: Cell): boolean {
  if (check.kind === 'failure rate') return true;
  if (check.kind === 'ratio' && check.to === tier) return false;
  const mark = markNames.find((one) => one === check.metric.name);
  return mark === undefined || requiredMarks(tier, ends).includes(mark);
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
