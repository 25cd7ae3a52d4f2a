/**
 * Two sides within one run: which cells are the baseline's, which the candidate's, and which of them
 * belong together. The plan starts twins by turns, and a comparison reads them as one cell.
 */
import { UsageError } from './errors.js';
import { twoValues, type KnobValue } from './knob-values.js';
import { keyOf, knobs, knobTable } from './knobs.js';
import type { KnobName } from './parse/schema.js';
import type { Cell } from './plan/cell.js';

/** The baseline's first. */
export type Two<T> = readonly [base: T, candidate: T];

/** What tells the sides apart: parts of the cells' ids, or the values of a knob. */
export type Telling =
  | { readonly parts: Two<string> }
  /** Without `values` there must be two, of which the baseline's comes first in the plan. */
  | { readonly knob: KnobName; readonly values?: Two<string> | undefined };

export interface ToldApart {
  readonly names: Two<string>;
  /** By the id of the cell. A cell of neither side is not among them. */
  readonly cells: ReadonlyMap<string, { readonly side: 0 | 1; readonly id: string }>;
}

/**
 * Twins get the id that they share, without what tells them apart; a cell without a twin keeps its own.
 *
 * @throws UsageError where the sides cannot be told, or one has no cells
 */
export function tellApart(cells: readonly Cell[], telling: Telling): ToldApart {
  return 'parts' in telling ? byParts(cells, telling.parts) : byKnob(cells, telling);
}

/** Every pair of twins, by their ids. */
export function pairsOf({ cells }: ToldApart): readonly Two<string>[] {
  const sides = ([0, 1] as const).map((wanted) =>
    [...cells].flatMap(([own, { side, id }]) => (side === wanted ? [{ own, id }] : [])),
  );
  const [base = [], candidate = []] = sides;
  return base.flatMap(({ own, id }) => {
    const twin = candidate.find((other) => other.id === id);
    return twin === undefined ? [] : [[own, twin.own] as const];
  });
}

function byParts(cells: readonly Cell[], names: Two<string>): ToldApart {
  const [base, candidate] = names;
  const neither = cells.find(({ id }) => !has(id, base) && !has(id, candidate));
  if (neither !== undefined) {
    throw new UsageError(`--sides: ${neither.id} has neither "${base}" nor "${candidate}" in it`);
  }
  const empty = names.find((name) => !cells.some(({ id }) => has(id, name)));
  if (empty !== undefined) throw new UsageError(`--sides: no cell has "${empty}" in its id`);
  const told = cells.map(({ id }) => {
    const side = has(id, base) ? 0 : 1;
    return [id, { side, id: without(id, names[side]) }] as const;
  });
  return { names, cells: new Map(told) };
}

/** Whether it is a whole part of the id, between slashes; it may have slashes itself. */
function has(id: string, name: string): boolean {
  return `/${id}/`.includes(`/${name}/`);
}

function without(id: string, name: string): string {
  return `/${id}/`.replace(`/${name}/`, '/').slice(1, -1);
}

function byKnob(
  cells: readonly Cell[],
  { knob, values }: Extract<Telling, { readonly knob: KnobName }>,
): ToldApart {
  const [base, candidate] = twoValues(cells, knob, values);
  const of = ({ key }: KnobValue) => cells.filter((cell) => keyOf(cell, [knob]) === key);
  return { names: [base.name, candidate.name], cells: told(of(base), of(candidate), knob) };
}

/** Twins differ in nothing but the knob, or else in what it leads as well. */
function told(base: readonly Cell[], candidate: readonly Cell[], knob: KnobName) {
  const { leads = [] } = knobTable[knob];
  const exact = twins(base, candidate, (cell) => restOf(cell, [knob]));
  const paired = new Set([...exact].flat());
  const left = (cells: readonly Cell[]) => cells.filter((cell) => !paired.has(cell));
  const led = twins(left(base), left(candidate), (cell) => restOf(cell, [knob, ...leads]));
  const shared = new Map(
    [...exact, ...led].flatMap(([one, other]) => {
      const id = idWithout(one, knob);
      return [
        [one.id, id],
        [other.id, id],
      ] as const;
    }),
  );
  return new Map(
    ([base, candidate] as const).flatMap((cells, side) =>
      cells.map(({ id }) => [id, { side: side === 0 ? 0 : 1, id: shared.get(id) ?? id }] as const),
    ),
  );
}

/** Where more than one cell of a side has the same key, there is no telling which is the twin. */
function twins(
  base: readonly Cell[],
  candidate: readonly Cell[],
  key: (cell: Cell) => string,
): readonly Two<Cell>[] {
  const only = (cells: readonly Cell[], wanted: string) => {
    const alike = cells.filter((cell) => key(cell) === wanted);
    return alike.length === 1 ? alike[0] : undefined;
  };
  return base.flatMap((cell) => {
    const [one, other] = [only(base, key(cell)), only(candidate, key(cell))];
    return one === undefined || other === undefined ? [] : [[one, other] as const];
  });
}

function restOf(cell: Cell, left: readonly KnobName[]): string {
  const others = knobs.filter((name) => !left.includes(name));
  return `${cell.scenario} ${keyOf(cell, others)}`;
}

function idWithout(cell: Cell, knob: KnobName): string {
  const { place, short, full } = knobTable[knob];
  const parts = cell.id.split('/');
  if (place !== undefined) return parts.filter((_, index) => index !== place).join('/');
  const heads = parts.slice(0, headCount).join('/');
  const rest = parts.slice(headCount).join('/');
  const shown = [full(cell), short(cell)].find((text) => has(rest, text));
  const kept = shown === undefined ? rest : without(rest, shown);
  return kept === '' ? heads : `${heads}/${kept}`;
}

const headCount = Object.values(knobTable).filter(({ place }) => place !== undefined).length;
