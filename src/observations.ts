/**
 * What counts as one observation. VMs of a burst, those kept alive together, and those asked for at a
 * rate, wait for each other: taken one by one they would make any difference look sure. Their round is
 * one observation.
 */
import type { Cell } from './plan/cell.js';
import type { SampleRecord } from './results/columns.js';
import { median } from './statistics/describe.js';
import { designEffect } from './statistics/design-effect.js';
import type { Count } from './statistics/fisher.js';

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

/** How many of the starts failed: where starts belong together of each round, else of all. */
export function failedByRound(rows: readonly SampleRecord[]): readonly Count[] {
  const rounds = new Map<string, { events: number; of: number }>();
  for (const row of rows) {
    const key = startTogether(row) ? (row['round'] ?? '') : '';
    const count = rounds.get(key) ?? { events: 0, of: 0 };
    count.of += 1;
    if (row['state'] !== 'ok') count.events += 1;
    rounds.set(key, count);
  }
  return [...rounds.values()];
}

/** By how much less their failures tell than those of as many starts that meet no other. */
export function failureEffect(rows: readonly SampleRecord[]): number {
  return rows.some(startTogether) ? designEffect(failedByRound(rows)) : 1;
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
