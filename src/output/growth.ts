/**
 * Growth: how the time to ready of one way to start one machine changes with the guest's memory, or with
 * its vCPUs, all else being equal. And where it grows, in which stage.
 */
import { marks } from '../marks.js';
import { cloneStages, insideColumns, stageNames } from '../stages.js';
import type { RunRecord } from '../results/record.js';
import { ratioOfMedians } from '../statistics/bootstrap.js';
import {
  alone,
  dimensionColumns,
  metricOf,
  type CellSummary,
  type MetricSummary,
  type Summary,
} from '../summarise.js';
import { stagesOf } from './stages.js';

/** What may grow. `judged` are the sizes between which it is, where both were measured. */
export const growthDimensions = {
  memory: { column: 'memory_mib', title: 'memory', unit: 'MiB', judged: [128, 2048] },
  vcpus: { column: 'vcpus', title: 'vCPUs', unit: 'vCPUs', judged: undefined },
} as const;

export type GrowthDimension = keyof typeof growthDimensions;

export const growthDimensionNames = Object.keys(growthDimensions) as readonly GrowthDimension[];

/** Growth below this part of the smaller size's median is called flat. */
export const flatBelow = 0.2;

/** With fewer samples a resampled median hardly varies, and its interval would flatter. */
const leastForRatio = 6;

export interface GrowthPoint {
  /** The size, in the dimension's unit. */
  readonly at: number;
  readonly cell: CellSummary;
  /** Undefined where no start succeeded. */
  readonly ready: MetricSummary | undefined;
}

/** Of the median of ready, from one size to another, as a part of the first. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly part: number;
  /** 95 % interval; absent below 6 samples. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** What grew most, where anything did. */
  readonly stage: GrownStage | undefined;
}

export interface GrownStage {
  readonly title: string;
  /** By how much its median grew. */
  readonly ms: number;
  /** At least half of what ready grew by. */
  readonly isMost: boolean;
}

export type GrowthVerdict = 'flat' | 'grows' | 'shrinks' | 'unclear';

/** Cells that differ in this dimension alone, by size. */
export interface GrowthLine {
  readonly dimension: GrowthDimension;
  readonly points: readonly GrowthPoint[];
  /** Over all sizes. */
  readonly whole: Growth | undefined;
  /** Between the sizes it is judged by. */
  readonly judged: Growth | undefined;
}

/** The lines of a dimension; none where no two cells differ in it alone. */
export function growthLines(
  summary: Summary,
  { cells, seed }: Pick<RunRecord, 'cells' | 'seed'>,
  dimension: GrowthDimension,
): readonly GrowthLine[] {
  const { column } = growthDimensions[dimension];
  const others = dimensionColumns.filter((name) => name !== column);
  const families = new Map<string, GrowthPoint[]>();
  for (const cell of alone(summary).cells) {
    // Rows have QEMU's version alone, and two binaries may have the same.
    const binary = cells.find(({ id }) => id === cell.id)?.qemu ?? '';
    const key = JSON.stringify([binary, ...others.map((name) => cell.row[name] ?? '')]);
    const point = { at: Number(cell.row[column]), cell, ready: metricOf(cell, 'ready') };
    families.set(key, [...(families.get(key) ?? []), point]);
  }
  return [...families.values()]
    .filter((points) => points.length > 1)
    .map((points) => lineOf(dimension, points, seed));
}

function lineOf(
  dimension: GrowthDimension,
  unsorted: readonly GrowthPoint[],
  seed: number,
): GrowthLine {
  const points = [...unsorted].sort((a, b) => a.at - b.at);
  const [from, to] = growthDimensions[dimension].judged ?? [];
  const [first, last] = [points.find(({ at }) => at === from), points.find(({ at }) => at === to)];
  const whole = growthOf(points[0], points.at(-1), seed);
  const both = first !== undefined && last !== undefined;
  return { dimension, points, whole, judged: both ? growthOf(first, last, seed) : whole };
}

function growthOf(
  first: GrowthPoint | undefined,
  last: GrowthPoint | undefined,
  seed: number,
): Growth | undefined {
  if (first?.ready === undefined || last?.ready === undefined) return undefined;
  const [before, after] = [first.ready, last.ready];
  const grown = after.p50 - before.p50;
  const range = { from: first.at, to: last.at, stage: grownMost(first.cell, last.cell, grown) };
  const enough = Math.min(before.values.length, after.values.length) >= leastForRatio;
  if (!enough || before.min <= 0 || after.min <= 0) {
    return { ...range, part: after.p50 / before.p50 - 1, low: undefined, high: undefined };
  }
  const { ratio, lower, upper } = ratioOfMedians(before.values, after.values, { seed });
  return { ...range, part: ratio - 1, low: lower - 1, high: upper - 1 };
}

/** Surely within the limit, surely above it, surely below, or none of these. */
export function verdictOf({ low, high }: Growth): GrowthVerdict {
  if (low === undefined || high === undefined) return 'unclear';
  if (high < flatBelow && low > -flatBelow) return 'flat';
  if (high < -flatBelow) return 'shrinks';
  return low > flatBelow ? 'grows' : 'unclear';
}

/** The stage whose median grew by most, up to ready; undefined where none grew. */
function grownMost(first: CellSummary, last: CellSummary, wholeMs: number): GrownStage | undefined {
  const both = [first, last];
  const [before, after] = [stageMedians(first, both), new Map(stageMedians(last, both))];
  if (before.length < 2) return undefined;
  const grown = before
    .map(([title, ms]) => ({ title, ms: (after.get(title) ?? ms) - ms }))
    .sort((a, b) => b.ms - a.ms);
  const [most] = grown;
  return most === undefined || most.ms <= 0
    ? undefined
    : { ...most, isMost: most.ms >= wholeMs / 2 };
}

/** Of a clone the stages inside QEMU, and how long after it the harness saw ready; else from mark to mark. */
function stageMedians(
  cell: CellSummary,
  peers: readonly CellSummary[],
): readonly (readonly [string, number])[] {
  const p50 = (column: string) => cell.metrics.find(({ metric }) => metric.column === column)?.p50;
  if (p50(cloneStages.fork.column) === undefined) {
    return stagesOf(cell, peers)
      .filter(({ mark }) => mark !== 'work')
      .map(({ mark, ms }) => [`to ${marks[mark].title}`, ms] as const);
  }
  const inside = stageNames.map(
    (name) => [cloneStages[name].title, p50(cloneStages[name].column) ?? 0] as const,
  );
  const late = (p50(marks.ready.column) ?? 0) - (p50(insideColumns.ready) ?? 0);
  return [...inside, ['ready seen by the harness', late]];
}
