/**
 * The order of starts: rounds that have each cell once, shuffled from the seed. Interleaving spreads
 * the host's drift over all cells alike; shuffling keeps a cell from always following the same one.
 */
import { createRandom } from '../statistics/random.js';
import type { Cell, PlannedStart } from './cell.js';

export function order(cells: readonly Cell[], seed: number): readonly PlannedStart[] {
  const random = createRandom(seed);
  const rounds = (phase: PlannedStart['phase'], count: (cell: Cell) => number) => {
    const last = Math.max(0, ...cells.map(count));
    return Array.from({ length: last }, (_, index) => {
      const due = cells.filter((cell) => count(cell) > index);
      return random.shuffle(due).map((cell) => ({ cell: cell.id, phase, round: index + 1 }));
    }).flat();
  };
  const starts = [
    ...rounds('warmup', (cell) => cell.warmup),
    ...rounds('measure', (cell) => cell.runs),
  ];
  return starts.map((start, index) => ({ ...start, order: index + 1 }));
}
