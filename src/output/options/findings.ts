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
  const keyOf = ({ id, row }: CellSummary) =>
    JSON.stringify([binaries.get(id), ...columns.map((column) => row[column] ?? '')]);
  const valueOf = ({ row }: CellSummary) => row[factor.column] ?? '';
  const groups = new Map<string, CellSummary[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()]
    .map(([first, ...others]) => [
      ...(first === undefined ? [] : [first]),
      ...others.filter((other) => first === undefined || valueOf(other) !== valueOf(first)),
    ])
    .filter((group) => group.length > 1);
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
