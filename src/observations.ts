/**
 * What counts as one observation. VMs of a burst, those kept alive together, and those asked for at a
 * rate, wait for each other: taken one by one they would make any difference look sure. Their round is
 * one observation.
 */
import type { Cell } from './plan/cell.js';
import type { SampleRecord } from './results/columns.js';
import { median } from './statistics/describe.js';

/** The column of each start; where starts belong together a figure of each round, its median. */
export function observations(
  rows: readonly SampleRecord[],
  column: string,
  figure: (values: readonly number[]) => number = median,
): readonly number[] {
  const rounds = new Map<string, number[]>();
  rows.forEach((row, index) => {
    if (!row[column]) return;
    const key = startTogether(row) ? (row['round'] ?? '') : String(index);
    rounds.set(key, [...(rounds.get(key) ?? []), Number(row[column])]);
  });
  return [...rounds.values()].map((values) => figure(values));
}

export function startTogether(row: SampleRecord): boolean {
  const some = (column: string) => Number(row[column] ?? '') > 0;
  return Number(row['concurrency']) > 1 || some('alive') || some('rate');
}

/** Whether its VMs wait for one another, so that a round is one observation. Older records have less. */
export function meetsOthers({
  concurrency = 1,
  alive = 0,
  rate = 0,
}: Partial<Pick<Cell, 'concurrency' | 'alive' | 'rate'>>): boolean {
  return concurrency > 1 || alive > 0 || rate > 0;
}
