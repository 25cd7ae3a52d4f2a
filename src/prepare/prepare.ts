/**
 * Third stage: everything a start needs, outside every measured interval. Content-addressed, so a
 * second run finds it all made.
 */
import { join } from 'node:path';

import { ContainerMaker } from '../container/maker.js';
import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import type { ResolvedFirmware } from '../host/firmware.js';
import type { Qemu } from '../host/qemu.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { firmwareKey, type Cell, type Plan, type PlanHost } from '../plan/cell.js';
import {
  measuredNames,
  placeholdersOf,
  withMeasured,
  withoutMeasured,
} from '../measured-arguments.js';
import type { MachineSpec } from '../qemu/command.js';
import { Floor } from '../qemu/floor.js';
import { firstCommand } from '../qemu/migration.js';
import { identityWays } from '../identity.js';
import { noTenant } from '../tenants.js';
import { tiers } from '../tiers.js';
import { BasePoint } from './base-point.js';
import type { Cache } from './cache.js';
import { commandLineOf } from './command-line.js';
import { CellFault } from './cell-fault.js';
import { readyProgram } from './containers.js';
import { readyGuest, type ReadyGuest } from './guest.js';
import { readyClock } from './measured-clock.js';
import { RamFile } from './ram.js';
import { readyTemplate, templateKey, type Template, type TemplateInputs } from './template.js';

/** What one cell's starts are made from. */
export interface CellArtifacts {
  readonly qemu: Qemu;
  readonly guest: ReadyGuest;
  readonly firmware: Extract<ResolvedFirmware, { state: 'found' }>;
  readonly spec: MachineSpec;
  readonly template: (Template & { readonly ram: RamFile }) | undefined;
  readonly basePoint: BasePoint | undefined;
  readonly floor: Floor | undefined;
  /** As the plan's {@link Cell.qemuCpus}. */
  readonly cpus: string;
}

/** A cell that no start can be made of. */
export interface FailedCell {
  /** One line. */
  readonly failure: string;
  /** What the guest and QEMU said; empty where neither was started. */
  readonly evidence: string;
  /** Absent where the guest itself is no good. */
  readonly machine: PreparedMachine | undefined;
}

/** All cells, by id: each is in one of the three. Disposing ends base points and releases templates' RAM. */
export interface Artifacts extends AsyncDisposable {
  readonly cells: ReadonlyMap<string, CellArtifacts>;
  /** Those of cells that start containers. */
  readonly containers: ReadonlyMap<string, ContainerMaker>;
  readonly failed: ReadonlyMap<string, FailedCell>;
}

/**
 * A kernel that cannot be used, a template or a base point that cannot be made ends its cell alone.
 *
 * @param note told what is being made, for the progress display
 * @throws EnvironmentError for what concerns every cell
 */
export async function prepare(
  plan: Plan,
  guests: readonly DeclaredGuest[],
  host: PlanHost,
  hostIdentity: string,
  cache: Cache,
  context: Context,
  note: (what: string) => void,
): Promise<Artifacts> {
  const scope = new Scope();
  try {
    const shop = { guests, host, hostIdentity, cache, context, note, scope };
    const cells = new Map<string, CellArtifacts>();
    const containers = new Map<string, ContainerMaker>();
    const failed = new Map<string, FailedCell>();
    for (const cell of plan.cells) {
      context.signal.throwIfAborted();
      if (tiers[cell.tier].begins === 'container') {
        containers.set(cell.id, await prepareContainers(cell, shop));
        continue;
      }
      const made = await prepareCell(cell, shop);
      if ('failure' in made) failed.set(cell.id, made);
      else cells.set(cell.id, made);
    }
    return { cells, containers, failed, [Symbol.asyncDispose]: () => scope.end() };
  } catch (error) {
    await scope.end();
    throw error;
  }
}

/** What ends with the run: templates' RAM by template and backing, base points, floor programs, containers. */
class Scope {
  readonly rams = new Map<string, RamFile>();
  readonly processes: AsyncDisposable[] = [];
  /** Templates that could not be made: many cells share one, and each would wait for it again. */
  readonly faults = new Map<string, CellFault>();

  async end(): Promise<void> {
    await Promise.all(this.processes.map((process) => process[Symbol.asyncDispose]()));
    for (const ram of this.rams.values()) ram[Symbol.dispose]();
  }
}

interface Workshop {
  readonly guests: readonly DeclaredGuest[];
  readonly host: PlanHost;
  readonly hostIdentity: string;
  readonly cache: Cache;
  readonly context: Context;
  readonly note: (what: string) => void;
  readonly scope: Scope;
}

async function prepareCell(cell: Cell, shop: Workshop): Promise<CellArtifacts | FailedCell> {
  let machine: PreparedMachine | undefined;
  try {
    machine = await prepareMachine(cell, shop);
    return await prepareStarts(cell, machine, shop);
  } catch (error) {
    if (!(error instanceof CellFault) || shop.context.signal.aborted) throw error;
    return { failure: error.message, evidence: error.evidence, machine };
  }
}

async function prepareStarts(
  cell: Cell,
  machine: PreparedMachine,
  shop: Workshop,
): Promise<CellArtifacts> {
  const { needsTemplate, begins } = tiers[cell.tier];
  const template = needsTemplate ? await prepareTemplate(cell, machine, shop) : undefined;
  const basePoint =
    template !== undefined && begins === 'clone'
      ? await prepareBasePoint(cell, machine, template, shop)
      : undefined;
  const floor = begins === 'floor' ? prepareFloor(cell, shop) : undefined;
  return { ...machine, template, basePoint, floor, cpus: cell.qemuCpus };
}

async function prepareBasePoint(
  cell: Cell,
  { spec, qemu, guest }: PreparedMachine,
  { ram, statePath }: Template & { readonly ram: RamFile },
  { context, note, scope }: Workshop,
): Promise<BasePoint> {
  note(`base point of ${cell.id}`);
  const { timeoutMs, thp, tenant } = cell;
  const loaded = cell.tier === 'fork-loaded';
  const basePoint = new BasePoint(
    {
      spec,
      cpus: cell.qemuCpus,
      binary: qemu.binary,
      qemuVersion: qemu.version.short,
      ram,
      statePath,
      tenant: tenant.name,
      loaded,
      firstCommand: firstCommand(loaded, qemu.version.short),
      thp,
      ready: guest.ready,
      timeoutMs,
    },
    context,
  );
  scope.processes.push(basePoint);
  await basePoint.current(tenant.name);
  return basePoint;
}

async function prepareContainers(
  cell: Cell,
  { host, cache, context, note, scope }: Workshop,
): Promise<ContainerMaker> {
  const found = host.runtimes.get(cell.tier);
  if (found?.state !== 'usable') {
    throw new EnvironmentError(`${cell.id}: the plan has a cell this host cannot run`);
  }
  note(`containers of ${found.runtime.version}`);
  const program = await readyProgram(cache, context);
  const maker = await ContainerMaker.create(found.runtime, program, context);
  scope.processes.push(maker);
  return maker;
}

function prepareFloor(cell: Cell, { context, scope }: Workshop): Floor {
  const native = join(context.home, 'dist/native');
  const floor = new Floor({
    launcher: join(native, 'basepoint-launch'),
    parentPid: context.pid,
    cpus: cell.qemuCpus,
    program: join(native, 'floor'),
    memoryMiB: cell.memoryMiB,
  });
  scope.processes.push(floor);
  return floor;
}

export type PreparedMachine = Pick<CellArtifacts, 'qemu' | 'guest' | 'firmware' | 'spec'>;

async function prepareMachine(cell: Cell, shop: Workshop): Promise<PreparedMachine> {
  const { guests, host, cache, context, note } = shop;
  const found = host.qemus.get(cell.qemu);
  const firmware = host.firmware.get(firmwareKey(cell.qemu, cell.machine, cell.firmware));
  const { accel } = cell;
  if (found?.state !== 'usable' || firmware?.state !== 'found' || accel === 'none') {
    throw new EnvironmentError(`${cell.id}: the plan has a cell this host cannot run`);
  }
  note(`guest ${cell.guest.name}`);
  const guest = await readyGuest(cell.guest, guests, cache, context, {
    ...{ virtioRng: identityWays[cell.identity].readsHwrng, image: cell.image },
    ...{ packing: cell.initramfsPacking, fillMiB: cell.initramfsFillMiB },
  });
  const spec = {
    accel,
    machine: machineOf(cell),
    cpu: cell.cpu,
    memoryMiB: cell.memoryMiB,
    vcpus: cell.vcpus,
    firmware: cell.firmware === 'default' ? undefined : firmware.path,
    kernel: guest.kernel,
    initramfs: guest.initramfs,
    commandLine: commandLineOf(guest.commandLine, cell),
    dataDirectories: found.qemu.besideDirectories,
    devices: identityWays[cell.identity].device(cell.machine),
    frames: guest.frames,
    disk: guest.disk,
  };
  const made = { qemu: found.qemu, guest, firmware };
  return { ...made, spec: await withClock(cell, { qemu: found.qemu, guest, spec }, shop) };
}

/** Arguments whose values this host decides are measured before. */
async function withClock(
  cell: Cell,
  { spec, qemu, guest }: Omit<PreparedMachine, 'firmware'>,
  { context, note, cache, hostIdentity: host }: Workshop,
): Promise<MachineSpec> {
  const named = placeholdersOf(cell.kernelArguments);
  const wanted = measuredNames.filter((name) => named.includes(name));
  if (wanted.length === 0) return spec;
  note(`kernel arguments that ${cell.guest.name} measures`);
  const kernelArguments = withoutMeasured(cell.kernelArguments);
  const commandLine = commandLineOf(guest.commandLine, { kernelArguments, trace: 'none' });
  const { kernelSha256, initramfsSha256 } = guest;
  const { timeoutMs } = cell;
  const inputs = { qemu, kernelSha256, initramfsSha256, host, timeoutMs };
  // A disk is not asked, and its own layer would be one more descriptor.
  const plain = { ...spec, disk: undefined, commandLine };
  const values = await readyClock({ ...inputs, spec: plain }, wanted, cache, context);
  return { ...spec, commandLine: withMeasured(spec.commandLine, values) };
}

/** Where the host merges equal pages (KSM), those of two tenants are not to be offered to it. */
function machineOf({ machine, tenant }: Cell): string {
  return tenant.name === noTenant.name ? machine : `${machine},mem-merge=off`;
}

async function prepareTemplate(
  cell: Cell,
  { qemu, guest, firmware, spec }: PreparedMachine,
  { hostIdentity, cache, context, note, scope: { rams, faults } }: Workshop,
): Promise<Template & { readonly ram: RamFile }> {
  const whose = cell.tenant.name === noTenant.name ? '' : `, tenant ${cell.tenant.name}`;
  note(`template of ${cell.guest.name}, ${cell.memoryMiB} MiB, ${cell.accel}${whose}`);
  const inputs = {
    spec,
    qemu: { binary: qemu.binary, version: qemu.version.full, sha256: qemu.sha256 },
    firmwareSha256: firmware.sha256,
    kernelSha256: guest.kernelSha256,
    initramfsSha256: guest.initramfsSha256,
    diskSha256: guest.disk?.sha256,
    host: cell.accel === 'kvm' ? hostIdentity : '',
    backing: cell.backing,
    tenant: cell.tenant,
    ready: guest.ready,
    timeoutMs: cell.timeoutMs,
  };
  const template = await onceTried(inputs, faults, () => readyTemplate(inputs, cache, context));
  const ramKey = `${template.key} ${cell.backing}`;
  const ram =
    rams.get(ramKey) ??
    (await RamFile.create(cell.backing, cell.memoryMiB, template.ramPath, context));
  rams.set(ramKey, ram);
  return { ...template, ram };
}

/** A template that failed is not tried again in the same run. */
async function onceTried(
  inputs: TemplateInputs,
  faults: Map<string, CellFault>,
  make: () => Promise<Template>,
): Promise<Template> {
  const key = `${templateKey(inputs)} ${inputs.backing} ${inputs.timeoutMs}`;
  const fault = faults.get(key);
  if (fault !== undefined) throw fault;
  try {
    return await make();
  } catch (error) {
    if (error instanceof CellFault) faults.set(key, error);
    throw error;
  }
}
