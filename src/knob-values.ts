/** The values that the cells of a run have of a knob, and which two of them are meant. */
import { UsageError } from './errors.js';
import { keyOf, knobTable } from './knobs.js';
import type { KnobName } from './parse/schema.js';
import type { Cell } from './plan/cell.js';

export interface KnobValue {
  /** {@link keyOf} the knob, of the cells that have it. */
  readonly key: string;
  /** As short as tells it from the others. */
  readonly name: string;
  readonly aliases: readonly string[];
}

/**
 * @param wanted how the two are called; undefined where there are no others
 * @throws UsageError where that leaves it open
 */
export function twoValues(
  cells: readonly Cell[],
  knob: KnobName,
  wanted: readonly [string, string] | undefined,
): readonly [KnobValue, KnobValue] {
  if (wanted !== undefined) {
    const all = valuesOf(cells, knob);
    return [named(all, knob, wanted[0]), named(all, knob, wanted[1])];
  }
  // Most knobs do not concern a container.
  const machines = cells.filter(({ accel }) => accel !== 'none');
  const found = valuesOf(machines.length > 0 ? machines : cells, knob);
  const [base, candidate, ...more] = found;
  if (base !== undefined && candidate !== undefined && more.length === 0) return [base, candidate];
  throw new UsageError(`--by ${knob}: ${listOf(found)}; say which two: --by ${knob}=A,B`);
}

/** In the order of the plan. */
function valuesOf(cells: readonly Cell[], knob: KnobName): readonly KnobValue[] {
  const { field, short, full } = knobTable[knob];
  const distinct = new Map<string, Cell>();
  for (const cell of cells) {
    const key = keyOf(cell, [knob]);
    if (!distinct.has(key)) distinct.set(key, cell);
  }
  // Records of older versions have not every field.
  const known = cells.every((cell) => (cell[field] as unknown) !== undefined);
  if (!known || distinct.size < 2) {
    throw new UsageError(`--by ${knob}: it has one value in all cells`);
  }
  const tells = new Set([...distinct.values()].map(short)).size === distinct.size;
  return [...distinct].map(([key, cell]) => ({
    key,
    name: tells ? short(cell) : full(cell),
    aliases: [short(cell), full(cell), JSON.stringify(cell[field]).replace(/^"(.*)"$/, '$1')],
  }));
}

function named(found: readonly KnobValue[], knob: KnobName, wanted: string): KnobValue {
  const value =
    found.find(({ name }) => name === wanted) ??
    found.find(({ aliases }) => aliases.includes(wanted));
  if (value !== undefined) return value;
  throw new UsageError(`--by ${knob}: no cell has "${wanted}"; ${listOf(found)}`);
}

function listOf(found: readonly KnobValue[]): string {
  return `values: ${found.map(({ name }) => name).join(', ')}`;
}
