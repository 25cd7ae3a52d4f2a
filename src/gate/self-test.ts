/** A copy of the candidate that is slower by a known amount, which the gate must see. */
import type { Side } from '../compare/comparison.js';
import { marks, markNames } from '../marks.js';
import type { Limits } from '../parse/limits.js';
import type { SampleRecord } from '../results/columns.js';
import { median } from '../statistics/describe.js';
import { valuesOf } from './figures.js';
import { limitsOf } from './rules.js';

/** How many times the larger of both floors a start is made slower by. */
export const timesFloor = 5;

/** Every start of every cell that is limited, all its marks later by a multiple of its floor. */
export function slowedDown(side: Side, limits: Limits): Side {
  const addedMs = new Map(side.cells.map(({ id }) => [id, slowDownMs(side, limits, id)]));
  const samples = side.samples.map((sample) =>
    later(sample, addedMs.get(sample['cell'] ?? '') ?? 0),
  );
  return { ...side, name: `${side.name}, slowed down`, samples };
}

/** The largest of the cell's floors, so that each of its limited times is above its own. */
function slowDownMs(side: Side, limits: Limits, id: string): number {
  const floors = limitsOf(limits, id).flatMap(({ check }) => {
    if (check.kind !== 'regression' || check.metric.unit !== 'ms') return [];
    const values = valuesOf(side, id, check.metric);
    if (values.length === 0) return [];
    return [Math.max(check.absolute, check.relative * median(values))];
  });
  return timesFloor * Math.max(0, ...floors);
}

function later(sample: SampleRecord, ms: number): SampleRecord {
  const moved = markNames.flatMap((name) => {
    const { column } = marks[name];
    const at = sample[column] ?? '';
    return at === '' ? [] : [[column, (Number(at) + ms).toFixed(3)] as const];
  });
  return { ...sample, ...Object.fromEntries(moved) };
}
