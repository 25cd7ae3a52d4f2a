/** Cells that are compared with one another within the run that is planned. */
import { EnvironmentError, UsageError } from '../errors.js';
import { pairsOf, tellApart, type Two } from '../twins.js';
import type { Cell, PlanOptions, SkippedCell } from './cell.js';
import type { Draft } from './matrix.js';

/** @throws UsageError where both values come to the same here, as `auto` and what it chooses do */
export function refuseSame(drafts: readonly Draft[], { vary }: PlanOptions): void {
  if (vary === undefined) return;
  const all = drafts.map(({ cell }) => JSON.stringify(cell));
  if (new Set(all).size === all.length) return;
  throw new UsageError(`--vary ${vary.knob}: both values make the same cells`);
}

/**
 * The ids of cells that are to be started by turns; none where nothing is compared.
 *
 * @throws UsageError where a cell has no twin, EnvironmentError where this host cannot run the twin
 */
export function twinsOf(
  cells: readonly Cell[],
  skipped: readonly SkippedCell[],
  { vary, sides }: PlanOptions,
): readonly Two<string>[] {
  if (sides !== undefined) return pairsOf(tellApart(cells, { parts: sides }));
  if (vary === undefined) return [];
  const all = [...cells, ...skipped.map(({ cell }) => cell)];
  const pairs = pairsOf(tellApart(all, { knob: vary.knob }));
  const left = cells.find(({ id }) => !pairs.flat().includes(id));
  if (left !== undefined) {
    throw new UsageError(
      `--vary ${vary.knob}: ${left.id} has no twin with the other value; leave its tier out with --only`,
    );
  }
  refuseHalf(pairs, skipped);
  return pairs.filter((pair) => pair.every((id) => cells.some((cell) => cell.id === id)));
}

function refuseHalf(pairs: readonly Two<string>[], skipped: readonly SkippedCell[]): void {
  const because = (id: string) => skipped.find(({ cell }) => cell.id === id)?.because;
  for (const pair of pairs) {
    const lost = pair.filter((id) => because(id) !== undefined);
    const [id = ''] = lost;
    if (lost.length !== 1) continue;
    throw new EnvironmentError(`${id} cannot be compared with its twin: ${because(id) ?? ''}`);
  }
}
