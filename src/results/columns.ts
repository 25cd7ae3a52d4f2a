/** The columns of samples.csv: the one file of a run that is a promise. New ones are only appended. */
import { marks, markNames } from '../marks.js';
import type { InsideMarks, Sample, Usage } from '../measure/sample.js';
import type { Cell } from '../plan/cell.js';
import { cloneStages, insideColumns, stageNames, type StageTimes } from '../stages.js';

export const sampleColumns = [
  ...['run_id', 'cell', 'scenario', 'tier', 'guest', 'accel', 'qemu', 'machine', 'memory_mib'],
  ...['vcpus', 'concurrency', 'round', 'order', 'phase', 'state', 'failure'],
  ...['vmm_ready_ms', 'kernel_ms', 'init_ms', 'resumed_ms', 'ready_ms', 'work_ms', 'exit_ms'],
  ...['cpu_ms', 'rss_kib', 'pss_kib', 'private_dirty_kib', 'guest_id'],
  ...['firmware', 'cpu', 'backing', 'kernel_arguments', 'working_set_mib'],
  ...['request_ms', 'park_ms', 'fork_ms', 'descriptors_ms', 'kvm_ms', 'revive_ms', 'load_ms'],
  ...['continue_ms', 'first_mark_ms', 'inside_ready_ms', 'inside_work_ms'],
  'page_cache',
  ...['warm_ms', 'vm_ms'],
  ...['identity', 'observe_ms'],
  ...['thp', 'alive', 'member', 'shared_kib', 'page_tables_kib', 'private_hugetlb_kib'],
  'qemu_cpus',
  ...['tenant', 'ram_file', 'ram_rss_kib', 'ram_pss_kib'],
  ...['rate', 'due_ms', 'late_ms'],
  ...['image', 'initramfs_packing', 'initramfs_fill_mib', 'trace'],
  ...['ends', 'line_ms'],
] as const;

/** The last column of the first version: a file that ends with it or any later one is whole. */
export const lastOfOldest = 'inside_work_ms';

export type SampleRecord = Readonly<Record<string, string>>;

const usageColumns: Readonly<Record<keyof Usage, string>> = {
  cpuMs: 'cpu_ms',
  rssKiB: 'rss_kib',
  pssKiB: 'pss_kib',
  privateDirtyKiB: 'private_dirty_kib',
  sharedKiB: 'shared_kib',
  pageTablesKiB: 'page_tables_kib',
  privateHugetlbKiB: 'private_hugetlb_kib',
};

/** One row. A field is empty where the start has no such value; times have µs resolution. */
export function toRecord(runId: string, sample: Sample, cell: Cell): SampleRecord {
  return {
    run_id: runId,
    ...dimensions(cell),
    round: String(sample.round),
    order: String(sample.order),
    phase: sample.phase,
    state: sample.state,
    failure: sample.state === 'failed' ? sample.failure : '',
    ...markFields(sample),
    ...usageFields(sample),
    ...insideFields(sample),
    guest_id: sample.state === 'ok' ? sample.guestId : '',
    member: String(sample.member),
    ...ramFields(sample),
    ...arrivalFields(sample),
  };
}

/** What a cell is, under the names of the columns that tell it. */
export function dimensions(cell: Cell): SampleRecord {
  return {
    cell: cell.id,
    scenario: cell.scenario,
    tier: cell.tier,
    guest: cell.guest.name,
    accel: cell.accel,
    qemu: cell.qemuVersion,
    machine: cell.machine,
    memory_mib: String(cell.memoryMiB),
    vcpus: String(cell.vcpus),
    concurrency: String(cell.concurrency),
    firmware: cell.firmware,
    cpu: cell.cpu,
    backing: cell.backing,
    kernel_arguments: cell.kernelArguments,
    working_set_mib: String(cell.workingSetMiB),
    page_cache: cell.pageCache,
    identity: cell.identity,
    observe_ms: String(cell.observeMs),
    thp: cell.thp,
    alive: String(cell.alive),
    qemu_cpus: cell.qemuCpus,
    tenant: cell.tenant.name,
    rate: String(cell.rate),
    image: cell.image,
    initramfs_packing: cell.initramfsPacking,
    initramfs_fill_mib: String(cell.initramfsFillMiB),
    trace: cell.trace,
    ends: cell.ends,
  };
}

function arrivalFields({ arrival }: Sample): SampleRecord {
  return {
    due_ms: arrival === undefined ? '' : arrival.dueMs.toFixed(3),
    late_ms: arrival === undefined ? '' : arrival.lateMs.toFixed(3),
  };
}

function ramFields(sample: Sample): SampleRecord {
  const ram = sample.state === 'ok' ? sample.guestRam : undefined;
  const kib = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    ram_file: ram?.file ?? '',
    ram_rss_kib: kib(ram?.rssKiB),
    ram_pss_kib: kib(ram?.pssKiB),
  };
}

function markFields(sample: Sample): SampleRecord {
  const fields = markNames.map((name) => {
    const at = sample.marks[name];
    return [marks[name].column, at === undefined ? '' : at.toFixed(3)];
  });
  return Object.fromEntries(fields) as SampleRecord;
}

function insideFields(sample: Sample): SampleRecord {
  const times: StageTimes = sample.state === 'ok' ? sample.stages : {};
  const insideMarks: InsideMarks = sample.state === 'ok' ? sample.insideMarks : {};
  const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(3));
  const stages = stageNames.map((name) => [cloneStages[name].column, ms(times[name])]);
  const inside = Object.entries(insideColumns).map(([mark, column]) => [
    column,
    ms(insideMarks[mark as keyof typeof insideColumns]),
  ]);
  return Object.fromEntries([...stages, ...inside]) as SampleRecord;
}

function usageFields(sample: Sample): SampleRecord {
  const usage = sample.state === 'ok' ? sample.usage : {};
  const fields = Object.entries(usageColumns).map(([key, column]) => {
    const value = usage[key as keyof Usage];
    return [column, value === undefined ? '' : String(Math.round(value * 1000) / 1000)];
  });
  return Object.fromEntries(fields) as SampleRecord;
}

/** Those of them that another file has columns for. */
export function dimensionsIn(
  columns: readonly string[],
  cell: Cell,
): Readonly<Record<string, string>> {
  const own = Object.entries(dimensions(cell)).filter(([column]) => columns.includes(column));
  return Object.fromEntries(own);
}
