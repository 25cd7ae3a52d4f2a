// Sides as the tests of compare need them: cells with samples made up, or drawn from a family.

import type { Comparison, Side } from '../../src/compare/comparison.js';
import { compareSides } from '../../src/compare/compare.js';
import type { Sample } from '../../src/measure/sample.js';
import type { Cell } from '../../src/plan/cell.js';
import type { RecordedCell } from '../../src/results/record.js';
import type { Random } from '../../src/statistics/random.js';
import { cellsOf, failedSample, found, okSample, recordOf, rowsOf } from '../results/made-run.js';
import { standardNormal } from '../statistics/support.js';

/** Of one start: when it was ready and had done its work; undefined where it failed. */
export type Start = { readonly readyMs: number; readonly workMs: number } | undefined;

export const cells = cellsOf('guest: tiny, tier: [cold, restore, fork, fork-loaded], memory: 32M');
const ofTier = (tier: Cell['tier']) => found(cells.find((cell) => cell.tier === tier));
export const cold = ofTier('cold');
export const forkLoaded = ofTier('fork-loaded');

/** One side: each cell with its starts, some of what is recorded of the cells replaced. */
export function sideOf(
  name: string,
  starts: readonly (readonly [Cell, readonly Start[]])[],
  replaced: Partial<RecordedCell> = {},
): Side {
  const { host, qemus, cells: recorded } = recordOf(starts.map(([cell]) => cell));
  return {
    name,
    host,
    qemus,
    cells: recorded.map((cell) => ({ ...cell, ...replaced })),
    skipped: [],
    looks: 1,
    samples: starts.flatMap(([cell, list]) => rowsOf(cell, list.map(sampleOf(cell)))),
  };
}

function sampleOf(cell: Cell) {
  return (start: Start, index: number): Sample => {
    if (start === undefined) return failedSample(cell, index + 1);
    const sample = okSample(cell, index + 1, start.readyMs);
    if (sample.state === 'failed') return sample;
    return { ...sample, marks: { ...sample.marks, work: start.workMs, exit: start.workMs + 1 } };
  };
}

/** Starts whose work takes a fixed 1.5 ms after ready. */
export function startsOf(readyMs: readonly number[]): readonly Start[] {
  return readyMs.map((ms) => ({ readyMs: ms, workMs: ms + 1.5 }));
}

/** Few resamples, since no test here is of the ratio's interval. */
export function compared(base: Side, candidate: Side): Comparison {
  return compareSides(base, candidate, { alpha: 0.05, seed: 1, resamples: 40 });
}

export type Family = (random: Random) => number;

/** What start-up times look like, in ms of ready. */
export const families = {
  lognormal: (random) => 60 * Math.exp(0.045 * standardNormal(random)),
  'fork-loaded': (random) => 5 * Math.exp(0.05 * standardNormal(random)),
  bimodal: (random) => (random.uniform() < 0.3 ? 117 : 99) + standardNormal(random),
  'heavy tail': (random) => {
    const slow = random.uniform() < 0.04 ? 4 + 8 * random.uniform() : 0;
    return 5 * Math.exp(0.05 * standardNormal(random)) + slow;
  },
  discrete: (random) => 50 + random.below(4),
} as const satisfies Record<string, Family>;

/** Starts whose ready and work scatter each on its own, as those of two builds do. */
export function drawStarts(
  random: Random,
  family: Family,
  n: number,
  addMs: (index: number) => number = () => 0,
): readonly Start[] {
  return Array.from({ length: n }, (_, index) => {
    const readyMs = family(random) + addMs(index);
    return { readyMs, workMs: readyMs + 1.5 * Math.exp(0.1 * standardNormal(random)) };
  });
}
