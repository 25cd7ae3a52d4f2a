/**
 * How late the harness was in a run's own starts: `ready` as it saw it against `ready` as the library
 * stamped it inside QEMU, start by start. Pure.
 */
import type { SampleRecord } from '../results/columns.js';
import { insideColumns } from '../stages.js';
import { measuredEntry, type MeasuredEntry } from './entry.js';

/** By cell; a cell without marks stamped inside QEMU is absent. Warm-ups and failures do not count. */
export function latenessByCell(
  samples: readonly SampleRecord[],
): ReadonlyMap<string, MeasuredEntry> {
  const late = new Map<string, number[]>();
  for (const sample of samples) {
    const { cell = '', phase, state } = sample;
    const ready = sample['ready_ms'] ?? '';
    const inside = sample[insideColumns.ready] ?? '';
    if (phase !== 'measure' || state !== 'ok' || ready === '' || inside === '') continue;
    late.set(cell, [...(late.get(cell) ?? []), Number(ready) - Number(inside)]);
  }
  const entries = [...late].map(
    ([cell, valuesMs]) => [cell, measuredEntry(`harness behind QEMU, ${cell}`, valuesMs)] as const,
  );
  return new Map(entries);
}
