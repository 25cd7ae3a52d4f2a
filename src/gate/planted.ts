/** Regressions of known size, put into copies of samples: what a gate is tested with. */
import type { Side } from '../compare/comparison.js';
import { marks, markNames } from '../marks.js';
import type { Limits } from '../parse/limits.js';
import type { SampleRecord } from '../results/columns.js';
import { median } from '../statistics/describe.js';
import type { Random } from '../statistics/random.js';
import { valuesOf } from './figures.js';
import { limitsOf } from './rules.js';

/** Changes one start of a cell. `floorMs` is the largest floor of what is limited of the cell. */
export type Plant = (sample: SampleRecord, floorMs: number, random: Random) => SampleRecord;

export interface Planted {
  readonly name: string;
  readonly plant: Plant;
}

/** Of the sizes that a gate is there for; with the floors of a fork, 1 ms, they are 3 and 10 ms. */
export const plantings: readonly Planted[] = [
  {
    name: 'every start later by 3 floors',
    plant: (sample, floorMs) => later(sample, 3 * floorMs),
  },
  {
    name: 'one start in five later by 10 floors',
    plant: (sample, floorMs, random) =>
      random.uniform() < 0.2 ? later(sample, 10 * floorMs) : sample,
  },
  {
    name: 'one start in ten failed',
    plant: (sample, _, random) => (random.uniform() < 0.1 ? failed(sample) : sample),
  },
];

/** The larger of both floors of each limited time of a cell, and of these the largest. */
export function floorMsOf(side: Side, limits: Limits, id: string): number {
  const floors = limitsOf(limits, id).flatMap(({ check }) => {
    if (check.kind !== 'regression' || check.metric.unit !== 'ms') return [];
    const values = valuesOf(side, id, check.metric);
    if (values.length === 0) return [];
    return [Math.max(check.absolute, check.relative * median(values))];
  });
  return Math.max(0, ...floors);
}

/** The same start, all its marks later. */
export function later(sample: SampleRecord, ms: number): SampleRecord {
  const moved = markNames.flatMap((name) => {
    const { column } = marks[name];
    const at = sample[column] ?? '';
    return at === '' ? [] : [[column, (Number(at) + ms).toFixed(3)] as const];
  });
  return { ...sample, ...Object.fromEntries(moved) };
}

function failed(sample: SampleRecord): SampleRecord {
  return { ...sample, state: 'failed', failure: 'planted' };
}
