/** What tables of VMs that meet others share. */
import { accelLabel, type RunRecord } from '../results/record.js';
import type { OverRounds } from './bursts.js';
import { showMs } from './numbers.js';

export interface TogetherTable {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
  readonly note: string;
}

export function showOverRounds({ p50, low, high }: OverRounds): string {
  if (low === undefined || high === undefined) return showMs(p50);
  return `${showMs(p50)} [${showMs(low)}, ${showMs(high)}]`;
}

/** Tier, guest, accel and memory, for the first columns. */
export function machineOf(
  row: Readonly<Record<string, string>>,
  record: RunRecord,
): readonly string[] {
  const field = (name: string) => row[name] ?? '';
  const accel = accelLabel(field('accel'), record.host.kvm);
  return [field('tier'), field('guest'), accel, `${field('memory_mib')} MiB`];
}
