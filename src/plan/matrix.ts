/** Expands a scenario's matrix into cells and gives each its id. */
import { UsageError } from '../errors.js';
import type { DeclaredGuest } from '../parse/guests.js';
import type { Block, Scenario } from '../parse/scenario.js';
import type { Cell, PlanHost, PlanOptions } from './cell.js';
import { guestNeeds } from './judge.js';

/** A cell, where the file declares it, and what the file asked for before `auto` was settled. */
export interface Draft {
  readonly cell: Cell;
  readonly at: string;
  readonly accelAsked: 'kvm' | 'tcg' | 'auto';
}

export function expand(
  scenario: Scenario,
  block: Block,
  guests: readonly DeclaredGuest[],
  host: PlanHost,
  options: PlanOptions,
): Draft[] {
  const points = product({
    guest: block.guest,
    accelAsked: options.accel === undefined ? block.accel : [options.accel],
    qemu: options.qemu ?? block.qemu,
    machine: block.machine,
    firmware: block.firmware,
    cpu: block.cpu,
    memoryMiB: block.memoryMiB,
    vcpus: block.vcpus,
    kernelArguments: block.kernelArguments,
    backing: block.backing,
    workingSetMiB: block.workingSetMiB,
    tier: block.tier.filter((tier) => options.only?.includes(tier) ?? true),
  });
  return points.map(({ accelAsked, ...point }) => {
    const { needsNativeKvm } = guestNeeds(point.guest, guests);
    const accel = accelAsked === 'auto' ? chooseAccel(host, needsNativeKvm) : accelAsked;
    const cell = {
      ...point,
      id: '',
      scenario: scenario.name,
      accel,
      cpu: point.cpu === 'auto' ? chooseCpu(accel) : point.cpu,
      qemuVersion: qemuVersion(host, point.qemu),
      concurrency: 1,
      runs: options.runs ?? scenario.runs,
      warmup: scenario.warmup,
      timeoutMs: scenario.timeoutMs,
    };
    return { cell, at: block.at, accelAsked };
  });
}

function chooseAccel({ kvm }: PlanHost, needsNativeKvm: boolean): 'kvm' | 'tcg' {
  if (kvm.state === 'unmeasured') return 'tcg';
  return kvm.kind === 'native' || !needsNativeKvm ? 'kvm' : 'tcg';
}

/** On KVM the host's own CPU, as those who care for start-up time use it; QEMU's default under TCG. */
function chooseCpu(accel: 'kvm' | 'tcg'): string {
  return accel === 'kvm' ? 'host' : 'qemu64';
}

function qemuVersion(host: PlanHost, name: string): string {
  const found = host.qemus.get(name);
  return found?.state === 'usable' ? found.qemu.version.short : 'unknown';
}

/** All combinations of one value from each list, the last key varying fastest. */
function product<T extends object>(lists: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  const entries = Object.entries(lists) as [string, readonly unknown[]][];
  return entries.reduce<object[]>(
    (partial, [key, values]) =>
      partial.flatMap((point) => values.map((value) => ({ ...point, [key]: value }))),
    [{}],
  ) as T[];
}

function qemuPath(cell: Cell): string {
  return cell.qemu;
}

/** What an id adds to `tier/guest/accel/memory` where cells that share it differ. */
const distinguishing: readonly ((cell: Cell) => string)[] = [
  (cell) => `qemu-${cell.qemuVersion}`,
  (cell) => cell.machine,
  (cell) => baseName(cell.firmware),
  (cell) => cell.cpu,
  (cell) => `${cell.vcpus}cpu`,
  (cell) => `work-${cell.workingSetMiB}M`,
  (cell) => cell.backing,
  (cell) => (cell.kernelArguments === '' ? 'plain' : cell.kernelArguments),
  qemuPath,
];

/**
 * Gives every cell its id.
 *
 * @throws UsageError where two cells are the same
 */
export function named(drafts: readonly Draft[]): Draft[] {
  const seen = new Map<string, Draft>();
  return drafts.map((draft) => {
    const alike = drafts.filter(({ cell }) => baseId(cell) === baseId(draft.cell));
    const id = [baseId(draft.cell), ...differences(draft.cell, alike)].join('/');
    const twin = seen.get(id);
    if (twin !== undefined) {
      const where = twin.at === draft.at ? 'twice here' : `already at ${twin.at}`;
      throw new UsageError(`${draft.at}: the cell "${id}" is declared ${where}`);
    }
    seen.set(id, draft);
    return { ...draft, cell: { ...draft.cell, id } };
  });
}

function baseId(cell: Cell): string {
  return [cell.tier, cell.guest.name, cell.accel, `${cell.memoryMiB}M`].join('/');
}

/** What tells this cell from those it shares the rest of its id with. */
function differences(cell: Cell, alike: readonly Draft[]): string[] {
  const varying = distinguishing.filter(
    (show) => new Set(alike.map((draft) => show(draft.cell))).size > 1,
  );
  // A binary's path is shown only where nothing shorter tells the cells apart.
  const shown = varying.length > 1 ? varying.filter((show) => show !== qemuPath) : varying;
  return shown.map((show) => show(cell));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
