/** Base and head in one run: the two sides that were started by turns, on one host, in one job. */
import type { Side } from '../compare/comparison.js';
import { UsageError } from '../errors.js';

/**
 * Splits a run by what its cells' ids say: a cell with the part `names[0]` is the baseline's, one with
 * `names[1]` the candidate's, and without that part both have the same id.
 *
 * @throws UsageError where a cell is of neither side, or a side has none
 */
export function splitSides(
  whole: Side,
  names: readonly [base: string, candidate: string],
): readonly [base: Side, candidate: Side] {
  const [base, candidate] = names;
  const neither = whole.cells.find(({ id }) => !has(id, base) && !has(id, candidate));
  if (neither !== undefined) {
    throw new UsageError(`--sides: ${neither.id} has neither "${base}" nor "${candidate}" in it`);
  }
  return [sideWith(whole, base), sideWith(whole, candidate)];
}

function sideWith(whole: Side, name: string): Side {
  const cells = whole.cells.filter(({ id }) => has(id, name));
  if (cells.length === 0) throw new UsageError(`--sides: no cell has "${name}" in its id`);
  const ids = new Map(cells.map(({ id }) => [id, without(id, name)]));
  const samples = whole.samples.flatMap((sample) => {
    const cell = ids.get(sample['cell'] ?? '');
    return cell === undefined ? [] : [{ ...sample, cell }];
  });
  return {
    ...whole,
    name,
    cells: cells.map((cell) => ({ ...cell, id: without(cell.id, name) })),
    samples,
  };
}

/** Whether it is a whole part of the id, between slashes; it may have slashes itself. */
function has(id: string, name: string): boolean {
  return `/${id}/`.includes(`/${name}/`);
}

function without(id: string, name: string): string {
  return `/${id}/`.replace(`/${name}/`, '/').slice(1, -1);
}
