/** Where the time of traced boots goes, cell by cell. Pure. */
import {
  bootStageNames,
  isTraced,
  notAttributed,
  bootStages,
  type BootSpan,
  type BootStageName,
} from '../../boot-stages.js';
import type { SampleRecord } from '../../results/columns.js';
import type { TracedBoot } from '../../results/boots.js';
import type { RecordedCell } from '../../results/record.js';
import type { StoredRun } from '../../results/run-folder.js';
import { median, minimum } from '../../statistics/describe.js';
import { hodgesLehmannShift, type Shift } from '../../statistics/hodges-lehmann.js';

export interface BootFinding {
  readonly cell: RecordedCell;
  /** What tells it from the other traced cells. */
  readonly label: string;
  readonly boots: number;
  /** From the first instruction to PID 1: median, as all that follows. */
  readonly totalMs: number;
  readonly parts: readonly BootPart[];
  /** Of the total, in the boot in which it was least: what the stages cover. */
  readonly covered: number;
  /** The longest first. */
  readonly initcalls: readonly NamedMs[];
  readonly steps: readonly NamedMs[];
  /** Undefined where the same boot was not measured without tracing in this run. */
  readonly cost: TracingCost | undefined;
}

export interface BootPart {
  /** `rest`: not attributed. */
  readonly name: BootStageName | 'rest';
  readonly title: string;
  readonly holds: string;
  readonly ms: number;
}

export interface NamedMs {
  readonly name: string;
  readonly ms: number;
}

/** The mark `init` of traced starts against that of the others. */
export interface TracingCost {
  readonly untraced: string;
  readonly initMs: number;
  readonly shift: Shift;
}

/** In the order of the run's cells; none where nothing was traced. */
export function bootFindings({ record, samples, boots = [] }: StoredRun): readonly BootFinding[] {
  const traced = record.cells.filter(isTraced);
  return traced.flatMap((cell) => {
    const own = boots.filter((boot) => boot.cell === cell.id);
    if (own.length === 0) return [];
    return [{ ...findingOf(cell, own, record.cells, samples), label: labelOf(cell, traced) }];
  });
}

function findingOf(
  cell: RecordedCell,
  boots: readonly TracedBoot[],
  cells: readonly RecordedCell[],
  samples: readonly SampleRecord[],
): Omit<BootFinding, 'label'> {
  return {
    cell,
    boots: boots.length,
    totalMs: median(boots.map(totalOf)),
    parts: partsOf(boots),
    covered: minimum(boots.map((boot) => attributedOf(boot) / totalOf(boot))),
    initcalls: longest(boots.map(({ initcalls }) => initcalls)),
    steps: longest(boots.map(({ steps }) => steps)),
    cost: costOf(cell, cells, samples),
  };
}

/** What traced cells may differ in besides their guests. */
const traits: readonly ((cell: RecordedCell) => string)[] = [
  ({ image }) => image,
  ({ initramfsPacking }) => `initramfs ${initramfsPacking}`,
  ({ initramfsFillMiB }) => `${initramfsFillMiB} MiB more of it`,
  ({ kernelArguments }) => (kernelArguments === '' ? 'no arguments' : kernelArguments),
  ({ machine }) => machine,
  ({ firmware }) => firmware.slice(firmware.lastIndexOf('/') + 1),
  ({ qemuVersion }) => `QEMU ${qemuVersion}`,
  ({ cpu }) => cpu,
  ({ vcpus }) => `${vcpus} vCPUs`,
  ({ memoryMiB }) => `${memoryMiB} MiB`,
];

function labelOf(cell: RecordedCell, traced: readonly RecordedCell[]): string {
  const telling = traits.filter((trait) => new Set(traced.map(trait)).size > 1);
  return [cell.guest.name, ...telling.map((trait) => trait(cell))].join(', ');
}

function totalOf({ firstInstructionMs, initMs }: TracedBoot): number {
  return initMs - firstInstructionMs;
}

function attributedOf({ stages }: TracedBoot): number {
  return stages.reduce((sum, { ms }) => sum + ms, 0);
}

function partsOf(boots: readonly TracedBoot[]): readonly BootPart[] {
  const parts = bootStageNames.flatMap((name): BootPart[] => {
    const times = boots.flatMap(({ stages }) => stages.filter((stage) => stage.name === name));
    if (times.length === 0) return [];
    return [{ name, ...bootStages[name], ms: median(times.map(({ ms }) => ms)) }];
  });
  const rest = median(boots.map((boot) => totalOf(boot) - attributedOf(boot)));
  return [...parts, { name: 'rest', ...notAttributed, ms: Math.max(0, rest) }];
}

/** Medians over the boots; what a boot does not list took it next to nothing. */
function longest(
  lists: readonly (readonly (BootSpan & { readonly name: string })[])[],
): readonly NamedMs[] {
  const times = new Map<string, { readonly name: string; readonly found: number[] }>();
  for (const list of lists) {
    for (const [key, { name, ms }] of sums(list)) {
      const known = times.get(key) ?? { name, found: [] };
      known.found.push(ms);
      times.set(key, known);
    }
  }
  return [...times.values()]
    .map(({ name, found }) => {
      const none = Array.from({ length: lists.length - found.length }, () => 0);
      return { name, ms: median([...found, ...none]) };
    })
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
}

/** Of one boot. A line's numbers may be another's each time: they do not tell it from others. */
function sums(
  list: readonly (BootSpan & { readonly name: string })[],
): ReadonlyMap<string, NamedMs> {
  const found = new Map<string, NamedMs>();
  for (const { name, ms } of list) {
    const key = name.includes(' ') ? name.replaceAll(/0x[0-9a-f]+|\d+/g, 'N') : name;
    found.set(key, { name, ms: (found.get(key)?.ms ?? 0) + ms });
  }
  return found;
}

/** What two cells may differ in and still boot the same. */
const ofTracing = new Set(['id', 'trace', 'runs', 'sampling', 'warmup', 'commandLine', 'failure']);

function costOf(
  cell: RecordedCell,
  cells: readonly RecordedCell[],
  samples: readonly SampleRecord[],
): TracingCost | undefined {
  const sameness = (one: RecordedCell) =>
    JSON.stringify(Object.entries(one).filter(([name]) => !ofTracing.has(name)));
  const twin = cells.find((one) => !isTraced(one) && sameness(one) === sameness(cell));
  if (twin === undefined) return undefined;
  const [traced, untraced] = [initTimes(cell.id, samples), initTimes(twin.id, samples)];
  if (traced.length === 0 || untraced.length === 0) return undefined;
  const shift = hodgesLehmannShift(untraced, traced);
  return { untraced: twin.id, initMs: median(untraced), shift };
}

function initTimes(id: string, samples: readonly SampleRecord[]): readonly number[] {
  return samples
    .filter(({ cell, state, phase }) => cell === id && state === 'ok' && phase === 'measure')
    .map((row) => Number(row['init_ms']));
}
