/** Looks at the host for what the plan needs: the scenarios' QEMUs and firmware, KVM's speed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { FoundRuntime } from '../container/runtime.js';
import type { Context } from '../context.js';
import { allowedCpus } from '../host/affinity.js';
import type { HostFacts } from '../host/fact-table.js';
import { readHostFacts } from '../host/facts.js';
import { resolveFirmware, type ResolvedFirmware } from '../host/firmware.js';
import type { KvmSpeed } from '../host/kvm-speed.js';
import { cgroupRoomMiB } from '../host/memory-room.js';
import { findQemus, qemuName, type InspectedQemu } from '../host/qemu.js';
import { hostTree } from '../host/tree.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { knownPackings, type PackingName } from '../packings.js';
import type { Block, Scenario } from '../parse/scenario.js';
import { firmwareKey, type PlanHost, type PlanOptions } from '../plan/cell.js';
import { isRuntime } from '../tiers.js';
import type { Cache } from './cache.js';
import { findRuntimes } from './containers.js';
import { readyGuest } from './guest.js';
import { configOf } from './kernels/config-of.js';
import { isFromTree, kernelOfGuest } from './kernels/origin.js';
import { measureKvmSpeed } from './speed.js';
import { unpackedQemuName } from '../unpacked-qemu.js';

/** The plan's view of the host, and the facts that go into the run's record. */
export interface Survey {
  readonly host: PlanHost;
  readonly facts: HostFacts;
  readonly qemus: readonly InspectedQemu[];
  readonly runtimes: readonly FoundRuntime[];
}

export async function survey(
  scenarios: readonly Scenario[],
  guests: readonly DeclaredGuest[],
  options: PlanOptions,
  cache: Cache,
  context: Context,
): Promise<Survey> {
  const facts = readHostFacts();
  const blocks = scenarios.flatMap((scenario) => scenario.blocks);
  const names = [...new Set(options.qemu ?? blocks.flatMap((block) => block.qemu))];
  const qemus = await inspectNamed(names, cache, context);
  const firmware = new Map<string, ResolvedFirmware>();
  for (const block of blocks) {
    await resolveAll(block.machine, block.firmware, qemus, firmware);
  }
  const accels =
    options.accel === undefined ? blocks.flatMap(({ accel }) => accel) : [options.accel];
  const wantsKvm = accels.some((accel) => accel !== 'tcg');
  const kvm: KvmSpeed = wantsKvm
    ? await kvmSpeed([...qemus.values()], guests, facts, cache, context)
    : { state: 'unmeasured', why: 'nothing asks for it' };
  const tiers = new Set(blocks.flatMap(({ tier }) => tier));
  const wanted = [...tiers]
    .filter(isRuntime)
    .filter((tier) => options.only?.includes(tier) ?? true);
  const runtimes = await findRuntimes(wanted, cache, context);
  const notBuilt = await guestsNotBuilt(guests, cache, context);
  const packings = await packingsKnown(blocks, guests, cache, context);
  const host = {
    qemus,
    notBuilt,
    packings,
    firmware,
    kvm,
    runtimes,
    freeHugepagesMiB: freeHugepagesMiB(facts),
    memoryAvailableMiB: leastOf(known(facts.memoryAvailableMiB), cgroupRoomMiB(hostTree('/'))),
    allowedCpus: allowedCpus(),
    maxOpenFiles: known(facts.maxOpenFiles) ?? undefined,
  };
  return { host, facts, qemus: [...qemus.values()], runtimes: [...runtimes.values()] };
}

/** What scripts/fetch-qemu.sh unpacks into the cache, as a scenario names it wherever that is. */
const unpackedQemu = {
  name: unpackedQemuName,
  binary: 'qemu/backports/usr/bin/qemu-system-x86_64',
};

async function inspectUnpacked(cache: Cache): Promise<InspectedQemu> {
  const binary = join(cache.root, unpackedQemu.binary);
  const [found] = await findQemus({ path: '', extra: [binary] });
  if (found?.state === 'usable' || existsSync(binary)) {
    return found ?? { state: 'unusable', binary, why: 'it was not found' };
  }
  const why = 'it has not been unpacked into the cache (bash scripts/fetch-qemu.sh)';
  return { state: 'unusable', binary, why };
}

function leastOf(...values: readonly (number | undefined)[]): number | undefined {
  const told = values.filter((value) => value !== undefined);
  return told.length === 0 ? undefined : Math.min(...told);
}

async function inspectNamed(
  names: readonly string[],
  cache: Cache,
  context: Context,
): Promise<ReadonlyMap<string, InspectedQemu>> {
  const path = context.env['PATH'] ?? '';
  const named = names.map(async (name) => {
    if (name === unpackedQemu.name) return [name, await inspectUnpacked(cache)] as const;
    const found = await findQemus({ path: name.includes('/') ? '' : path, extra: [name] });
    const chosen =
      name === qemuName ? found[0] : (found.find((one) => binaryOf(one) === name) ?? found.at(-1));
    const missing = { state: 'unusable', binary: name, why: 'it was not found' } as const;
    return [name, chosen ?? missing] as const;
  });
  return new Map(await Promise.all(named));
}

function binaryOf(found: InspectedQemu): string {
  return found.state === 'usable' ? found.qemu.binary : found.binary;
}

async function resolveAll(
  machines: readonly string[],
  firmwares: readonly string[],
  qemus: ReadonlyMap<string, InspectedQemu>,
  into: Map<string, ResolvedFirmware>,
): Promise<void> {
  for (const [name, found] of qemus) {
    if (found.state !== 'usable') continue;
    for (const machine of machines) {
      for (const firmware of firmwares) {
        const key = firmwareKey(name, machine, firmware);
        into.set(key, await resolveFirmware(found.qemu, machine, firmware));
      }
    }
  }
}

/** Measured, not told from a module's name: with the first QEMU that has KVM and the tiny guest. */
export async function kvmSpeed(
  qemus: readonly InspectedQemu[],
  guests: readonly DeclaredGuest[],
  facts: HostFacts,
  cache: Cache,
  context: Context,
): Promise<KvmSpeed> {
  const device = facts.kvmDevice;
  if (device.state === 'unknown') return { state: 'unmeasured', why: device.why };
  if (device.value.status === 'missing') return { state: 'unmeasured', why: 'no /dev/kvm' };
  if (device.value.status === 'refused') {
    return { state: 'unmeasured', why: `/dev/kvm refuses us (${device.value.error})` };
  }
  const usable = qemus.find(
    (one) => one.state === 'usable' && one.qemu.accelerators.includes('kvm'),
  );
  if (usable?.state !== 'usable') return { state: 'unmeasured', why: 'no QEMU here has KVM' };
  const tiny = await readyGuest({ kind: 'declared', name: 'tiny' }, guests, cache, context);
  return measureKvmSpeed(usable.qemu, tiny.kernel, context);
}

/** One that was built and is damaged counts as not built. */
async function guestsNotBuilt(
  guests: readonly DeclaredGuest[],
  cache: Cache,
  context: Context,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const guest of guests.filter(isFromTree)) {
    const { state } = await kernelOfGuest(guest, cache, context);
    if (state !== 'whole') names.add(guest.name);
  }
  return names;
}

/** Of the guests whose initramfs is to be packed. */
async function packingsKnown(
  blocks: readonly Block[],
  guests: readonly DeclaredGuest[],
  cache: Cache,
  context: Context,
): Promise<PlanHost['packings']> {
  const packing = blocks.filter(({ initramfsPacking }) =>
    initramfsPacking.some((name) => name !== 'none'),
  );
  const named = packing.flatMap(({ guest }) => guest).flatMap(namesOf);
  const found = new Map<string, readonly PackingName[]>();
  for (const guest of guests.filter(({ name }) => named.includes(name))) {
    const kernel = await kernelOfGuest(guest, cache, context);
    const config = kernel.state === 'whole' ? await configOf(kernel) : undefined;
    if (config !== undefined) found.set(guest.name, knownPackings(config));
  }
  return found;
}

function namesOf(guest: Block['guest'][number]): readonly string[] {
  return guest.kind === 'firstOf' ? guest.names : [guest.name];
}

function known<T>(fact: { state: 'known'; value: T } | { state: 'unknown' }): T | undefined {
  return fact.state === 'known' ? fact.value : undefined;
}

function freeHugepagesMiB(facts: HostFacts): number {
  const sizes = facts.hugepages.state === 'known' ? facts.hugepages.value : [];
  const usual = sizes.find(({ sizeKiB }) => sizeKiB === 2048);
  return usual === undefined ? 0 : (usual.free * usual.sizeKiB) / 1024;
}
