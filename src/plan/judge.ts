/** Whether this host can run a cell, and if not, why not and what to do. */
import type { DeclaredGuest } from '../parse/guests.js';
import { placeholdersOf } from '../measured-arguments.js';
import { lacksPacking } from '../packings.js';
import type { GuestReference } from '../parse/scenario.js';
import { isRuntime, tiers } from '../tiers.js';
import { startsInStep } from './arrivals.js';
import { ownOf } from './own-guest.js';
import { firmwareKey, type Cell, type PlanHost } from './cell.js';

/** Guest memory below which no guest of ours touches its working set. */
const imageMiB = 4;
const hugepageMiB = 2;

type Judge = (cell: Cell, guests: readonly DeclaredGuest[], host: PlanHost) => string | undefined;

/** Undefined when the cell can run. */
export function reasonToSkip(
  cell: Cell,
  guests: readonly DeclaredGuest[],
  host: PlanHost,
): string | undefined {
  for (const judge of isRuntime(cell.tier) ? containerJudges : judges) {
    const reason = judge(cell, guests, host);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export function guestNeeds(
  guest: GuestReference,
  guests: readonly DeclaredGuest[],
): { readonly needsNativeKvm: boolean; readonly minimumMemoryMiB: number } {
  if (guest.kind === 'path') {
    return { needsNativeKvm: guest.needsNativeKvm, minimumMemoryMiB: imageMiB };
  }
  const declared = guests.find(({ name }) => name === guest.name);
  return {
    needsNativeKvm: declared?.needsNativeKvm ?? true,
    minimumMemoryMiB: declared?.minimumMemory ?? imageMiB,
  };
}

const qemuIsThere: Judge = (cell, _guests, host) => {
  const found = host.qemus.get(cell.qemu);
  if (found?.state === 'usable') return undefined;
  return `QEMU "${cell.qemu}" cannot be used: ${found?.why ?? 'it was not looked for'}; install it or give another with --qemu PATH`;
};

const qemuHasMachine: Judge = (cell, _guests, host) => {
  const found = host.qemus.get(cell.qemu);
  if (found?.state !== 'usable') return undefined;
  const [type = ''] = cell.machine.split(',');
  if (found.qemu.machines.includes(type)) return undefined;
  return `QEMU ${cell.qemuVersion} has no machine type "${type}"`;
};

const qemuHasAccel: Judge = (cell, _guests, host) => {
  const found = host.qemus.get(cell.qemu);
  if (found?.state !== 'usable' || found.qemu.accelerators.includes(cell.accel)) return undefined;
  return `QEMU ${cell.qemuVersion} was built without the accelerator "${cell.accel}"; give another with --qemu PATH`;
};

const accelIsThere: Judge = (cell, guests, host) => {
  if (cell.accel === 'tcg') return undefined;
  if (host.kvm.state === 'unmeasured') {
    return `KVM cannot be used: ${host.kvm.why}; see "basepoint doctor", or use --accel tcg`;
  }
  if (host.kvm.kind === 'native' || !guestNeeds(cell.guest, guests).needsNativeKvm)
    return undefined;
  const millions = (host.kvm.instructionsPerSecond / 1e6).toFixed(1);
  return `KVM emulates the guest's kernel mode here (${millions} million instructions a second) and "${cell.guest.name}" needs it native; use --accel tcg or auto`;
};

const kernelIsBuilt: Judge = ({ guest: { name, kind } }, _guests, host) => {
  if (kind !== 'declared' || !host.notBuilt.has(name)) return undefined;
  return `the kernel of ${name} has not been built; basepoint kernels build ${name}`;
};

const floorHasKvm: Judge = (cell) => {
  if (cell.tier !== 'floor' || cell.accel === 'kvm') return undefined;
  return 'the floor is that of KVM, and this cell is emulated by TCG';
};

const firmwareIsThere: Judge = (cell, _guests, host) => {
  const found = host.firmware.get(firmwareKey(cell.qemu, cell.machine, cell.firmware));
  return found?.state === 'missing' ? found.message : undefined;
};

const memorySuffices: Judge = (cell, guests) => {
  const { minimumMemoryMiB } = guestNeeds(cell.guest, guests);
  const needed = Math.max(minimumMemoryMiB, cell.workingSetMiB + imageMiB);
  if (cell.memoryMiB >= needed) return undefined;
  return `${cell.guest.name} with a working set of ${cell.workingSetMiB} MiB needs at least ${needed} MiB of memory`;
};

const hugepagesSuffice: Judge = (cell, _guests, host) => {
  if (cell.backing !== 'hugetlbfs' || !tiers[cell.tier].needsTemplate) return undefined;
  if (cell.memoryMiB % hugepageMiB !== 0) return 'memory on huge pages must be a multiple of 2 MiB';
  // The template's own pages, and those that each restored guest copies as it writes.
  const needed = (1 + atOnce(cell)) * cell.memoryMiB;
  if (host.freeHugepagesMiB >= needed) return undefined;
  return `it needs ${needed} MiB of huge pages and ${host.freeHugepagesMiB} MiB are free; reserve them: sysctl vm.nr_hugepages=${needed / hugepageMiB}`;
};

const spawnsIfCold: Judge = (cell) => {
  if (cell.pageCache === 'warm' || tiers[cell.tier].begins === 'spawn') return undefined;
  return `only a start that spawns QEMU can have a cold page cache, and one of tier "${cell.tier}" does not`;
};

const guestKnowsIdentity: Judge = ({ guest, identity }, guests) => {
  const known = guests.find(({ name }) => guest.kind === 'declared' && name === guest.name);
  if (known === undefined || known.identity.includes(identity)) return undefined;
  return `${guest.name} has no driver for "${identity}"; it knows ${known.identity.join(', ')}`;
};

/** A clone's console says nothing new by itself: what was printed before the freeze is not printed again. */
const cloneCanProveItself: Judge = ({ guest, tier, ends }) => {
  if (ends !== 'line' || !tiers[tier].needsTemplate) return undefined;
  return `nothing would show that a clone of "${guest.name}" runs: its ready line was printed before it was frozen; give its "ready" a "send" and an "answer"`;
};

const diskIsClonable: Judge = ({ guest, tier }, guests) => {
  if (tiers[tier].begins !== 'clone' || ownOf(guest, guests).disk?.mode !== 'overlay')
    return undefined;
  return 'a QEMU with a disk that is open for writing cannot be forked, and all clones would write to one overlay; use "mode: readonly", or tier "restore"';
};

const guestTellsOfItself: Judge = ({ guest, observeMs, ends }, guests) => {
  if (observeMs === 0) return undefined;
  if (ends !== 'guest') {
    return `only our PID 1 tells what makes a guest itself, and ${guest.name} has a ready line of its own instead`;
  }
  const { initramfs } =
    guest.kind === 'path'
      ? guest
      : (guests.find(({ name }) => name === guest.name) ?? { initramfs: 'default' });
  if (initramfs !== 'none') return undefined;
  return `only our PID 1 tells what makes a guest itself, and ${guest.name} does not have it`;
};

const machineHasAcpi: Judge = ({ identity, machine }) => {
  if (identity !== 'vmgenid' || !machine.startsWith('microvm')) return undefined;
  return 'the VM generation id is told by ACPI tables that QEMU gives the machines "pc" and "q35" only';
};

type Declared = DeclaredGuest | undefined;

function declaredOf({ guest }: Cell, guests: readonly DeclaredGuest[]): Declared {
  return guests.find(({ name }) => guest.kind === 'declared' && name === guest.name);
}

/** Whether the guest's initramfs is the one that we make. */
function hasOurInitramfs({ guest }: Cell, declared: Declared): boolean {
  return (guest.kind === 'path' ? guest.initramfs : declared?.initramfs) === 'default';
}

const guestHasImage: Judge = (cell, guests) => {
  const declared = declaredOf(cell, guests);
  if (cell.image === 'vmlinux' || declared === undefined || !('build' in declared.source))
    return undefined;
  return `${cell.guest.name} has no bzImage: it is no Linux`;
};

const kernelUnpacks: Judge = (cell, guests, host) => {
  const { initramfsPacking: packing, initramfsFillMiB, guest } = cell;
  if (packing === 'none' && initramfsFillMiB === 0) return undefined;
  if (!hasOurInitramfs(cell, declaredOf(cell, guests))) {
    return `only our own initramfs is packed and filled, and ${guest.name} does not have it`;
  }
  const known = host.packings.get(guest.name);
  return known?.includes(packing) === false ? `${guest.name} ${lacksPacking(packing)}` : undefined;
};

const bootCanBeTraced: Judge = (cell, guests) => {
  if (cell.trace === 'none') return undefined;
  if (cell.tier !== 'cold') return `only a boot is traced, and tier "${cell.tier}" has none`;
  if (cell.rate > 0 || atOnce(cell) > 1) return 'boots are traced one at a time';
  if (hasOurInitramfs(cell, declaredOf(cell, guests))) return undefined;
  return `only our PID 1 tells the kernel's log, and ${cell.guest.name} does not have it`;
};

const clockCanBeMeasured: Judge = (cell, guests) => {
  if (placeholdersOf(cell.kernelArguments).length === 0) return undefined;
  if (hasOurInitramfs(cell, declaredOf(cell, guests))) return undefined;
  return `only our PID 1 tells what its kernel measured, and ${cell.guest.name} does not have it`;
};

/** VMs of the cell that live at the same time, at most. */
function atOnce({ concurrency, alive, rate, load }: Cell): number {
  return Math.max(1, concurrency, alive, rate > 0 ? load.aliveLimit : 0);
}

const isAloneIfFloor: Judge = (cell) => {
  if (cell.tier !== 'floor' || (atOnce(cell) === 1 && cell.rate === 0)) return undefined;
  return 'the floor is one program that makes one VM after another';
};

/** Private memory of a start beside its working set, at least: of a QEMU, and of a clone of one. */
const ownMiB = { spawn: 16, clone: 1, floor: 0, container: 1 } as const;

/** VMs that are kept alive are counted as they come; a burst is asked for as a whole, and so is a rate. */
const memoryHoldsBurst: Judge = (cell, _guests, { memoryAvailableMiB }) => {
  const count = atOnce({ ...cell, alive: 0 });
  if (count === 1 || memoryAvailableMiB === undefined) return undefined;
  const each = cell.workingSetMiB + ownMiB[tiers[cell.tier].begins];
  const needed = count * each + cell.memoryReserveMiB;
  if (memoryAvailableMiB >= needed) return undefined;
  return `${count} at once need at least ${needed} MiB (${cell.memoryReserveMiB} of them as a reserve) and ${memoryAvailableMiB} MiB are available`;
};

/** Of each VM: four channels and a listener, and its process. */
const descriptorsEach = 6;
const descriptorsOfOurs = 200;

const descriptorsSuffice: Judge = (cell, _guests, { maxOpenFiles }) => {
  // All of a step's clones have their listener before its first is asked for.
  const prepared = cell.rate > 0 ? startsInStep(cell) : 0;
  const needed = atOnce(cell) * descriptorsEach + prepared + descriptorsOfOurs;
  if (maxOpenFiles === undefined || maxOpenFiles >= needed) return undefined;
  return `${atOnce(cell)} VMs at once need about ${needed} open files and ${maxOpenFiles} are allowed; raise it: ulimit -n ${needed}`;
};

const runtimeWorks: Judge = (cell, _guests, host) => {
  const found = host.runtimes.get(cell.tier);
  if (found?.state === 'usable') return undefined;
  return found?.why ?? `${cell.tier} was not looked for`;
};

const isAloneIfContainer: Judge = ({ tier, concurrency, alive, rate, observeMs }) => {
  if (concurrency > 1 || alive > 0 || rate > 0)
    return `containers are started one at a time: tier "${tier}" has none of "concurrency", "alive" and "rate"`;
  if (observeMs > 0) return `a container shares the host's kernel: tier "${tier}" has no "observe"`;
  return undefined;
};

/** What does not concern a virtual machine is not asked of a container. */
const isNotPinned: Judge = (cell) => {
  if (cell.qemuCpus === '') return undefined;
  return 'containers cannot be kept to CPUs yet, and this scenario pins what it starts';
};

const containerJudges: readonly Judge[] = [
  isNotPinned,
  runtimeWorks,
  memorySuffices,
  spawnsIfCold,
  isAloneIfContainer,
  bootCanBeTraced,
];

const judges: readonly Judge[] = [
  qemuIsThere,
  qemuHasMachine,
  qemuHasAccel,
  accelIsThere,
  kernelIsBuilt,
  floorHasKvm,
  firmwareIsThere,
  memorySuffices,
  hugepagesSuffice,
  spawnsIfCold,
  guestKnowsIdentity,
  guestTellsOfItself,
  cloneCanProveItself,
  diskIsClonable,
  machineHasAcpi,
  isAloneIfFloor,
  memoryHoldsBurst,
  descriptorsSuffice,
  guestHasImage,
  kernelUnpacks,
  bootCanBeTraced,
  clockCanBeMeasured,
];
