/**
 * The order of starts: rounds that have each cell once, shuffled from the seed. Interleaving spreads
 * the host's drift over all cells alike; shuffling keeps a cell from always following the same one.
 * Starts of one cell that belong together (a burst, VMs kept alive, a step of a rate) follow one another.
 *
 * Twins, one of which is compared with the other, follow one another too. Two neighbouring rounds have
 * them as A B and B A, or the other way round: what drifts by the same amount from start to start
 * falls on both alike, and so does what a start leaves to the next one.
 */
import { createRandom, type Random } from '../statistics/random.js';
import type { Two } from '../twins.js';
import { arrivals } from './arrivals.js';
import type { Cell, PlannedStart } from './cell.js';

type Phase = PlannedStart['phase'];

/** A cell, or twins; which of them began in the round before. */
interface Unit {
  readonly cells: readonly Cell[];
  turned: boolean;
}

/** @param pairs ids of twins */
export function order(
  cells: readonly Cell[],
  seed: number,
  pairs: readonly Two<string>[] = [],
): readonly PlannedStart[] {
  const random = createRandom(seed);
  const units = unitsOf(cells, pairs);
  const rounds = (phase: Phase, count: (cell: Cell) => number) => {
    const last = Math.max(0, ...cells.map(count));
    return Array.from({ length: last }, (_, index) => {
      const round = index + 1;
      const isDue = (cell: Cell) => count(cell) >= round;
      const due = units.filter((unit) => unit.cells.some(isDue));
      return random
        .shuffle(due)
        .flatMap((unit) => inTurn(unit, round, random).filter(isDue))
        .flatMap((cell) => together(cell, phase, round, seed));
    }).flat();
  };
  const starts = [
    ...rounds('warmup', (cell) => cell.warmup),
    ...rounds('measure', (cell) => cell.runs),
  ];
  return starts.map((start, index) => ({ ...start, order: index + 1 }));
}

function unitsOf(cells: readonly Cell[], pairs: readonly Two<string>[]): readonly Unit[] {
  return cells.flatMap((cell) => {
    if (pairs.some(([, second]) => second === cell.id)) return [];
    const pair = pairs.find(([first]) => first === cell.id);
    const twin = cells.find(({ id }) => id === pair?.[1]);
    return [{ cells: twin === undefined ? [cell] : [cell, twin], turned: false }];
  });
}

/** A coin says which of twins begins in an odd round; in the next one it is the other. */
function inTurn(unit: Unit, round: number, random: Random): readonly Cell[] {
  if (unit.cells.length === 1) return unit.cells;
  unit.turned = round % 2 === 1 ? random.uniform() < 0.5 : !unit.turned;
  return unit.turned ? unit.cells.toReversed() : unit.cells;
}

/** What one round starts of a cell. The warm-up is a single start, except of a burst. */
function together(cell: Cell, phase: Phase, round: number, seed: number) {
  const common = { cell: cell.id, phase, round };
  if (cell.rate > 0 && phase === 'measure') {
    return arrivals(cell, seed, round).map((dueMs, index) => ({
      ...common,
      ...{ member: index + 1, dueMs },
    }));
  }
  const alive = phase === 'warmup' ? 0 : cell.alive;
  const members = Math.max(1, cell.concurrency, alive);
  return Array.from({ length: members }, (_, index) => ({
    ...common,
    ...{ member: index + 1, dueMs: 0 },
  }));
}
