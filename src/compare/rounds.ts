/**
 * What counts as one observation. VMs of a burst, those kept alive together, and those asked for at a
 * rate, wait for each other:
 * taken one by one they would make any difference look sure. Their round is one observation.
 */
import type { SampleRecord } from '../results/columns.js';
import { median } from '../statistics/describe.js';

/** The column of each start; the median of each round where starts belong together. */
export function observations(rows: readonly SampleRecord[], column: string): readonly number[] {
  const rounds = new Map<string, number[]>();
  rows.forEach((row, index) => {
    if (!row[column]) return;
    const key = together(row) ? (row['round'] ?? '') : String(index);
    rounds.set(key, [...(rounds.get(key) ?? []), Number(row[column])]);
  });
  return [...rounds.values()].map((values) => median(values));
}

function together(row: SampleRecord): boolean {
  const some = (column: string) => Number(row[column] ?? '') > 0;
  return Number(row['concurrency']) > 1 || some('alive') || some('rate');
}
