/**
 * The order of starts: rounds that have each cell once, shuffled from the seed. Interleaving spreads
 * the host's drift over all cells alike; shuffling keeps a cell from always following the same one.
 * Starts of one cell that belong together (a burst, VMs kept alive, a step of a rate) follow one another.
 */
import { createRandom } from '../statistics/random.js';
import { arrivals } from './arrivals.js';
import type { Cell, PlannedStart } from './cell.js';

type Phase = PlannedStart['phase'];

export function order(cells: readonly Cell[], seed: number): readonly PlannedStart[] {
  const random = createRandom(seed);
  const rounds = (phase: Phase, count: (cell: Cell) => number) => {
    const last = Math.max(0, ...cells.map(count));
    return Array.from({ length: last }, (_, index) => {
      const due = cells.filter((cell) => count(cell) > index);
      return random.shuffle(due).flatMap((cell) => together(cell, phase, index + 1, seed));
    }).flat();
  };
  const starts = [
    ...rounds('warmup', (cell) => cell.warmup),
    ...rounds('measure', (cell) => cell.runs),
  ];
  return starts.map((start, index) => ({ ...start, order: index + 1 }));
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
