/**
 * density.csv: one row for each step of VMs that were kept alive. Sums over the VMs that were looked
 * at; each VM's own figures are in samples.csv.
 */
import { parseCsv } from '../csv.js';
import { messageOf } from '../errors.js';
import type { DensitySample } from '../measure/density.js';
import type { Sample, Usage } from '../measure/sample.js';
import type { Cell } from '../plan/cell.js';
import { dimensionsIn } from './columns.js';

export const densityColumns = [
  ...['run_id', 'cell', 'scenario', 'tier', 'guest', 'accel', 'qemu', 'machine', 'memory_mib'],
  ...['vcpus', 'backing', 'thp', 'working_set_mib', 'round', 'asked', 'started', 'alive'],
  ...['ended_because', 'rss_kib', 'pss_kib', 'private_dirty_kib', 'shared_kib'],
  ...['page_tables_kib', 'private_hugetlb_kib', 'base_pss_kib', 'base_private_dirty_kib'],
  ...['kernel_kib', 'charged_kib', 'kernel_unknown_because', 'available_before_kib'],
  ...['available_alive_kib', 'available_after_kib', 'harness_kib'],
] as const;

export type DensityRecord = Readonly<Record<string, string>>;

/** The columns that are sums over the VMs, and what of each they are the sum of. */
export const densitySums = {
  rss_kib: 'rssKiB',
  pss_kib: 'pssKiB',
  private_dirty_kib: 'privateDirtyKiB',
  shared_kib: 'sharedKiB',
  page_tables_kib: 'pageTablesKiB',
  private_hugetlb_kib: 'privateHugetlbKiB',
} as const satisfies Record<string, keyof Usage>;

export function toDensityRecord(
  runId: string,
  step: DensitySample,
  samples: readonly Sample[],
  cell: Cell,
): DensityRecord {
  const [before, alive, after] = step.availableKiB;
  const { cgroup, base } = step;
  return {
    run_id: runId,
    ...dimensionsIn(densityColumns, cell),
    round: String(step.round),
    asked: String(step.asked),
    started: String(samples.length),
    alive: String(step.alive),
    ended_because: step.endedBecause,
    ...sums(samples),
    base_pss_kib: whole(base.pssKiB),
    base_private_dirty_kib: whole(base.privateDirtyKiB),
    kernel_kib: 'because' in cgroup ? '' : whole(cgroup.kernelKiB),
    charged_kib: 'because' in cgroup ? '' : whole(cgroup.chargedKiB),
    kernel_unknown_because: 'because' in cgroup ? cgroup.because : '',
    available_before_kib: whole(before),
    available_alive_kib: whole(alive),
    available_after_kib: whole(after),
    harness_kib: whole(step.harnessKiB),
  };
}

/** A sum is empty unless every VM that lived to the end gave its part. */
function sums(samples: readonly Sample[]): DensityRecord {
  const usages = samples.flatMap((sample) => (sample.state === 'ok' ? [sample.usage] : []));
  const fields = Object.entries(densitySums).map(([column, name]) => {
    const values = usages.map((usage) => usage[name]);
    const known = values.filter((value) => value !== undefined);
    const total = known.reduce((sum, value) => sum + value, 0);
    return [column, known.length === 0 || known.length < values.length ? '' : whole(total)];
  });
  return Object.fromEntries(fields) as DensityRecord;
}

function whole(kib: number | undefined): string {
  return kib === undefined ? '' : String(Math.round(kib));
}

/**
 * Reads it back. A step that was done again after the harness was killed has two rows: the last holds.
 *
 * @throws Error that names the line of the first row that cannot be one of ours
 */
export function readDensity(text: string): readonly DensityRecord[] {
  if (text === '') return [];
  try {
    const steps = new Map<string, DensityRecord>();
    for (const { record, line } of parseCsv(text, refuseOtherHeader)) {
      const wrong = ['asked', 'started', 'alive'].find((name) => !/^\d+$/.test(record[name] ?? ''));
      if (wrong !== undefined) throw new Error(`line ${line}: "${wrong}" must be a number`);
      steps.set(`${record['round'] ?? ''} ${record['cell'] ?? ''}`, record);
    }
    return [...steps.values()];
  } catch (error) {
    throw new Error(`density.csv: ${messageOf(error)}`, { cause: error });
  }
}

function refuseOtherHeader(columns: readonly string[]): void {
  const at = densityColumns.findIndex((name, index) => columns[index] !== name);
  if (at < 0) return;
  throw new Error(`line 1: column ${at + 1} must be "${densityColumns[at] ?? ''}"`);
}
