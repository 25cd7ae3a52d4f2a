/** What each knob of the matrix sets of a cell, and how an id shows it. The only such list. */
import type { KnobName } from './parse/schema.js';
import type { Cell } from './plan/cell.js';

export interface Knob {
  readonly field: keyof Cell;
  /** As an id shows it, and in full where that does not tell the cells apart. */
  readonly short: (cell: Cell) => string;
  readonly full: (cell: Cell) => string;
  /** Its place in every id; undefined where only ids of cells that differ in it have it. */
  readonly place?: number;
  /** What may differ with it unless the scenario says otherwise. */
  readonly leads?: readonly KnobName[];
}

function knob(field: keyof Cell, full: Knob['full'], short: Knob['short'] = full): Knob {
  return { field, short, full };
}

/** Those that every id begins with, then the others in the order in which an id has them. */
export const knobTable: Readonly<Record<KnobName, Knob>> = {
  tier: { ...knob('tier', ({ tier }) => tier), place: 0 },
  guest: { ...knob('guest', ({ guest }) => guest.name), place: 1 },
  accel: { ...knob('accel', ({ accel }) => accel), place: 2, leads: ['cpu'] },
  memory: { ...knob('memoryMiB', ({ memoryMiB }) => `${memoryMiB}M`), place: 3 },
  qemu: knob(
    'qemu',
    (cell) => cell.qemu,
    (cell) => `qemu-${cell.qemuVersion}`,
  ),
  machine: knob('machine', (cell) => cell.machine),
  firmware: knob(
    'firmware',
    (cell) => cell.firmware,
    (cell) => baseName(cell.firmware),
  ),
  cpu: knob('cpu', (cell) => cell.cpu),
  vcpus: knob('vcpus', (cell) => `${cell.vcpus}cpu`),
  workingSet: knob('workingSetMiB', (cell) => `work-${cell.workingSetMiB}M`),
  backing: knob('backing', (cell) => cell.backing),
  pageCache: knob('pageCache', (cell) => `${cell.pageCache}-cache`),
  identity: knob('identity', (cell) => `identity-${cell.identity}`),
  observe: knob('observeMs', ({ observeMs }) =>
    observeMs === 0 ? 'unobserved' : `observed-${observeMs}ms`,
  ),
  thp: knob('thp', (cell) => `thp-${cell.thp}`),
  tenant: knob('tenant', (cell) => `tenant-${cell.tenant.name}`),
  concurrency: knob('concurrency', (cell) => `${cell.concurrency}-at-once`),
  alive: knob('alive', (cell) => `${cell.alive}-alive`),
  rate: knob('rate', (cell) => `${cell.rate}-per-s`),
  image: knob('image', (cell) => cell.image),
  initramfsPacking: knob('initramfsPacking', (cell) => `initramfs-${cell.initramfsPacking}`),
  initramfsFill: knob('initramfsFillMiB', (cell) => `fill-${cell.initramfsFillMiB}M`),
  trace: knob('trace', (cell) => (cell.trace === 'none' ? 'untraced' : 'traced')),
  kernelArguments: knob('kernelArguments', ({ kernelArguments }) =>
    kernelArguments === '' ? 'plain' : kernelArguments,
  ),
};

export const knobs = Object.keys(knobTable) as readonly KnobName[];

/** Equal for cells in which all of these knobs are equal. */
export function keyOf(cell: Cell, names: readonly KnobName[]): string {
  return JSON.stringify(names.map((name) => cell[knobTable[name].field]));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
