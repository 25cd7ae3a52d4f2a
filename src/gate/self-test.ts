/** A copy of the candidate that is slower by a known amount, which the gate must see. */
import type { Side } from '../compare/comparison.js';
import type { Limits } from '../parse/limits.js';
import { floorMsOf, later } from './planted.js';

/** How many times the larger of both floors a start is made slower by. */
export const timesFloor = 5;

/** Every start of every cell that is limited, all its marks later by a multiple of its floor. */
export function slowedDown(side: Side, limits: Limits): Side {
  const addedMs = new Map(
    side.cells.map(({ id }) => [id, timesFloor * floorMsOf(side, limits, id)]),
  );
  const samples = side.samples.map((sample) =>
    later(sample, addedMs.get(sample['cell'] ?? '') ?? 0),
  );
  return { ...side, name: `${side.name}, slowed down`, samples };
}
