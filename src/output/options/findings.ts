/**
 * What a choice wins: cells that boot, and that differ in one thing, against the one of them that the
 * scenario names first. Pure.
 */
import { holmAdjusted } from '../../statistics/holm.js';
import { hodgesLehmannShift, type Shift } from '../../statistics/hodges-lehmann.js';
import { mannWhitney } from '../../statistics/mann-whitney.js';
import {
  alone,
  dimensionColumns,
  metricOf,
  type CellSummary,
  type Summary,
} from '../../summarise.js';
import type { RunRecord } from '../../results/record.js';

export interface Factor {
  readonly title: string;
  readonly column: string;
  /** A value as the tables call it. */
  readonly show: (value: string) => string;
}

const asIs = (value: string) => value;

/** What choices are told of, in the order of the table. */
const factors: readonly Factor[] = [
  { title: 'kernel', column: 'guest', show: asIs },
  { title: 'image', column: 'image', show: asIs },
  { title: 'initramfs packing', column: 'initramfs_packing', show: asIs },
  {
    title: 'kernel arguments',
    column: 'kernel_arguments',
    show: (value) => (value === '' ? 'none added' : value),
  },
];

export interface OptionFinding {
  readonly factor: Factor;
  readonly base: CellSummary;
  readonly option: CellSummary;
  readonly baseMs: number;
  readonly optionMs: number;
  /** Of ready: positive where the option is slower. */
  readonly shift: Shift;
  /** Corrected over all findings. */
  readonly p: number;
}

/** Every option against its base, factor by factor. VMs that meet others are not independent. */
export function optionFindings(summary: Summary, { cells }: RunRecord): readonly OptionFinding[] {
  const order = new Map(cells.map(({ id }, place) => [id, place]));
  // Rows have QEMU's version alone, and two binaries may have the same.
  const binaries = new Map(cells.map(({ id, qemu }) => [id, qemu]));
  const boots = alone(summary)
    .cells.filter((cell) => cell.tier === 'cold' && metricOf(cell, 'ready') !== undefined)
    .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  const found = factors.flatMap((factor) =>
    families(factor, boots, binaries).flatMap(againstFirst(factor)),
  );
  const adjusted = holmAdjusted(found.map(({ p }) => p));
  return found.map((one, place) => ({ ...one, p: adjusted[place] ?? 1 }));
}

/** Cells that differ in this factor and in nothing else. */
function families(
  factor: Factor,
  cells: readonly CellSummary[],
  binaries: ReadonlyMap<string, string>,
): readonly (readonly CellSummary[])[] {
  const columns = dimensionColumns.filter((column) => column !== factor.column);
  const keyOf = ({ id, row }: CellSummary, of: readonly string[]) =>
    JSON.stringify([binaries.get(id), ...of.map((column) => row[column] ?? '')]);
  const families = groupedBy(cells, (cell) => keyOf(cell, columns))
    .map((group) => withBase(group, factor))
    .filter((group) => group.length > 1);
  // What a kernel wins with this argument and with that one is no news beside what it wins.
  const plain = columns.filter((column) => column !== 'kernel_arguments');
  return groupedBy(families, ([first]) => (first === undefined ? '' : keyOf(first, plain))).flatMap(
    ([one]) => (one === undefined ? [] : [one]),
  );
}

/** The first, and those that have another value than it. */
function withBase(
  [first, ...others]: readonly CellSummary[],
  { column }: Factor,
): readonly CellSummary[] {
  if (first === undefined) return [];
  return [first, ...others.filter(({ row }) => row[column] !== first.row[column])];
}

/** In the order in which the first of each group comes. */
function groupedBy<T>(all: readonly T[], key: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return [...groups.values()];
}

function againstFirst(factor: Factor): (family: readonly CellSummary[]) => OptionFinding[] {
  return ([base, ...options]) => {
    const before = base === undefined ? undefined : metricOf(base, 'ready');
    return options.flatMap((option) => {
      const after = metricOf(option, 'ready');
      if (base === undefined || before === undefined || after === undefined) return [];
      const shift = hodgesLehmannShift(before.values, after.values);
      const { p } = mannWhitney(before.values, after.values);
      return [{ factor, base, option, baseMs: before.p50, optionMs: after.p50, shift, p }];
    });
  };
}
