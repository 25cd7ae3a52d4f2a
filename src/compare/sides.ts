/** Two sides in one run, which were started by turns, on one host, in one job. */
import { tellApart, type Telling } from '../twins.js';
import type { Side } from './comparison.js';

/**
 * Splits a run in two. Cells that belong together have the same id after it.
 *
 * @throws UsageError where a side has no cells, or cannot be told
 */
export function splitSides(whole: Side, telling: Telling): readonly [base: Side, candidate: Side] {
  const all = [...whole.cells, ...whole.skipped.map(({ cell }) => cell)];
  const { names, cells } = tellApart(all, telling);
  const side = (wanted: 0 | 1): Side => {
    const idOf = (own = '') => {
      const found = cells.get(own);
      return found?.side === wanted ? found.id : undefined;
    };
    return {
      ...whole,
      name: names[wanted],
      cells: renamed(whole.cells, ({ id }) => idOf(id), 'id'),
      samples: renamed(whole.samples, ({ cell }) => idOf(cell), 'cell'),
      skipped: whole.skipped.flatMap((one) => {
        const id = idOf(one.cell.id);
        return id === undefined ? [] : [{ ...one, cell: { ...one.cell, id } }];
      }),
    };
  };
  return [side(0), side(1)];
}

/** Those that have a new name, with it. */
function renamed<T extends object>(
  all: readonly T[],
  nameOf: (one: T) => string | undefined,
  key: keyof T,
): readonly T[] {
  return all.flatMap((one) => {
    const name = nameOf(one);
    return name === undefined ? [] : [{ ...one, [key]: name }];
  });
}
