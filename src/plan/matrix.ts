/** Expands a scenario's matrix into cells and gives each its id. */
import { ends } from '../ends.js';
import { UsageError } from '../errors.js';
import { knobTable } from '../knobs.js';
import type { TraceName } from '../boot-stages.js';
import type { DeclaredGuest } from '../parse/guests.js';
import type { Block, Sampling, Scenario } from '../parse/scenario.js';
import { isRuntime } from '../tiers.js';
import { asContainer, distinct } from './containers.js';
import type { Cell, PlanHost, PlanOptions } from './cell.js';
import { guestNeeds } from './judge.js';
import { asOwnGuest } from './own-guest.js';
import { pinsOf } from './pin.js';
import { settleGuest } from './settle.js';

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
    guest: block.guest.map((guest) => settleGuest(guest, host)),
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
    pageCache: block.pageCache,
    identity: block.identity,
    observeMs: block.observeMs,
    thp: block.thp,
    tenant: block.tenant,
    concurrency: block.concurrency,
    alive: block.alive,
    rate: block.rate,
    image: block.image,
    initramfsPacking: block.initramfsPacking,
    initramfsFillMiB: block.initramfsFillMiB,
    trace: block.trace,
    tier: block.tier.filter((tier) => options.only?.includes(tier) ?? true),
  });
  const sampling = samplingOf(scenario, options);
  const { qemuCpus } = pinsOf(scenario, host.allowedCpus);
  const drafts = points.map(({ accelAsked, ...point }): Draft => {
    const { needsNativeKvm } = guestNeeds(point.guest, guests);
    const accel =
      accelAsked === 'auto' ? chooseAccel(host, point.qemu, needsNativeKvm) : accelAsked;
    const cell = {
      ...point,
      id: '',
      ends: 'guest' as const,
      scenario: scenario.name,
      accel,
      cpu: point.cpu === 'auto' ? chooseCpu(accel) : point.cpu,
      qemuVersion: qemuVersion(host, point.qemu),
      qemuCpus,
      load: scenario.load,
      memoryReserveMiB: scenario.memoryReserveMiB,
      ...startsOf(point.trace, scenario, sampling, options),
      timeoutMs: scenario.timeoutMs,
    };
    return asOwnGuest({ cell, at: block.at, accelAsked }, guests);
  });
  return distinct(
    drafts.map((draft) =>
      isRuntime(draft.cell.tier) ? asContainer(draft, draft.cell.tier, host) : draft,
    ),
  );
}

/** A traced cell has a number of starts of its own, and nothing waits for its median. */
function startsOf(
  trace: TraceName,
  { tracedRuns, warmup }: Scenario,
  sampling: Sampling,
  options: PlanOptions,
) {
  if (trace !== 'none') {
    const runs = Math.min(tracedRuns, options.runs ?? tracedRuns);
    const fixed = { kind: 'fixed', runs } as const;
    return { runs, sampling: fixed, warmup: Math.min(1, warmup) };
  }
  return { runs: sampling.kind === 'fixed' ? sampling.runs : sampling.max, sampling, warmup };
}

function samplingOf(scenario: Scenario, { runs }: PlanOptions): Sampling {
  return runs === undefined ? scenario.sampling : { kind: 'fixed', runs };
}

function chooseAccel(
  { kvm, qemus }: PlanHost,
  qemu: string,
  needsNativeKvm: boolean,
): 'kvm' | 'tcg' {
  const found = qemus.get(qemu);
  const built = found?.state !== 'usable' || found.qemu.accelerators.includes('kvm');
  if (kvm.state === 'unmeasured' || !built) return 'tcg';
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
  const entries = Object.entries<readonly unknown[]>(lists);
  return entries.reduce<object[]>(
    (partial, [key, values]) =>
      partial.flatMap((point) => values.map((value) => ({ ...point, [key]: value }))),
    [{}],
  ) as T[];
}

/** What every id begins with, and what it adds where cells that share that differ. */
const heads = Object.values(knobTable).filter(({ place }) => place !== undefined);
const traits = Object.values(knobTable).filter(({ place }) => place === undefined);

/**
 * Gives every cell of a scenario its id.
 *
 * @param suffix of all ids: what tells this scenario's cells from those of others in the same plan
 * @throws UsageError where two cells are the same, or two guests are called the same
 */
export function named(drafts: readonly Draft[], suffix: readonly string[]): Draft[] {
  refuseNamesakes(drafts);
  const seen = new Map<string, Draft>();
  return drafts.map((draft) => {
    const alike = drafts.filter(({ cell }) => baseId(cell) === baseId(draft.cell));
    const id = [baseId(draft.cell), ...differences(draft.cell, alike), ...suffix].join('/');
    const twin = seen.get(id);
    if (twin !== undefined) {
      const where = twin.at === draft.at ? 'twice here' : `already at ${twin.at}`;
      throw new UsageError(`${draft.at}: the cell "${id}" is declared ${where}`);
    }
    seen.set(id, draft);
    return { ...draft, cell: { ...draft.cell, id } };
  });
}

/** Results know a guest by its name alone. */
function refuseNamesakes(drafts: readonly Draft[]): void {
  const known = new Map<string, string>();
  for (const { cell, at } of drafts) {
    const { name } = cell.guest;
    const whole = JSON.stringify(cell.guest);
    if ((known.get(name) ?? whole) !== whole) {
      throw new UsageError(
        `${at}: another guest is called "${name}" too; give one of them a "name" of its own`,
      );
    }
    known.set(name, whole);
  }
}

function baseId(cell: Cell): string {
  const base = heads.map(({ full }) => full(cell));
  // Never left out: cells are paired by their ids, and those that end elsewhere must not be.
  const { idPart } = ends[cell.ends];
  return [...base, ...(idPart === '' ? [] : [idPart])].join('/');
}

/** What tells this cell from those it shares the rest of its id with. */
function differences(cell: Cell, alike: readonly Draft[]): string[] {
  const count = (show: (cell: Cell) => string) =>
    new Set(alike.map((draft) => show(draft.cell))).size;
  return traits
    .filter(({ full }) => count(full) > 1)
    .map(({ short, full }) => (count(short) === count(full) ? short(cell) : full(cell)));
}
