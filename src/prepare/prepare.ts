/**
 * Third stage: everything a start needs, outside every measured interval. Content-addressed, so a
 * second run finds it all made.
 */
import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import type { ResolvedFirmware } from '../host/firmware.js';
import type { Qemu } from '../host/qemu.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { firmwareKey, type Cell, type Plan, type PlanHost } from '../plan/cell.js';
import type { MachineSpec } from '../qemu/command.js';
import { tiers } from '../tiers.js';
import type { Cache } from './cache.js';
import { readyGuest, type ReadyGuest } from './guest.js';
import { RamFile } from './ram.js';
import { readyTemplate, type Template } from './template.js';

/** What one cell's starts are made from. */
export interface CellArtifacts {
  readonly qemu: Qemu;
  readonly guest: ReadyGuest;
  readonly firmware: Extract<ResolvedFirmware, { state: 'found' }>;
  readonly spec: MachineSpec;
  readonly template: (Template & { readonly ram: RamFile }) | undefined;
}

/** All cells' artifacts, by cell id. Disposing releases the templates' RAM. */
export interface Artifacts extends Disposable {
  readonly cells: ReadonlyMap<string, CellArtifacts>;
}

/**
 * @param note told what is being made, for the progress display
 * @throws EnvironmentError
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
  const cells = new Map<string, CellArtifacts>();
  const rams = new Map<string, RamFile>();
  const dispose = () => {
    for (const ram of rams.values()) ram[Symbol.dispose]();
  };
  try {
    for (const cell of plan.cells) {
      context.signal.throwIfAborted();
      const machine = await prepareMachine(cell, guests, host, cache, context, note);
      const template = tiers[cell.tier].needsTemplate
        ? await prepareTemplate(cell, machine, hostIdentity, rams, cache, context, note)
        : undefined;
      cells.set(cell.id, { ...machine, template });
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { cells, [Symbol.dispose]: dispose };
}

type PreparedMachine = Omit<CellArtifacts, 'template'>;

async function prepareMachine(
  cell: Cell,
  guests: readonly DeclaredGuest[],
  host: PlanHost,
  cache: Cache,
  context: Context,
  note: (what: string) => void,
): Promise<PreparedMachine> {
  const found = host.qemus.get(cell.qemu);
  const firmware = host.firmware.get(firmwareKey(cell.qemu, cell.machine, cell.firmware));
  if (found?.state !== 'usable' || firmware?.state !== 'found') {
    throw new EnvironmentError(`${cell.id}: the plan has a cell this host cannot run`);
  }
  note(`guest ${cell.guest.name}`);
  const guest = await readyGuest(cell.guest, guests, cache, context);
  const spec = {
    accel: cell.accel,
    machine: cell.machine,
    cpu: cell.cpu,
    memoryMiB: cell.memoryMiB,
    vcpus: cell.vcpus,
    firmware: cell.firmware === 'default' ? undefined : firmware.path,
    kernel: guest.kernel,
    initramfs: guest.initramfs,
    commandLine: [guest.commandLine, cell.kernelArguments].filter((part) => part !== '').join(' '),
    dataDirectories: found.qemu.besideDirectories,
  };
  return { qemu: found.qemu, guest, firmware, spec };
}

async function prepareTemplate(
  cell: Cell,
  { qemu, guest, firmware, spec }: PreparedMachine,
  hostIdentity: string,
  rams: Map<string, RamFile>,
  cache: Cache,
  context: Context,
  note: (what: string) => void,
): Promise<Template & { readonly ram: RamFile }> {
  note(`template of ${cell.guest.name}, ${cell.memoryMiB} MiB, ${cell.accel}`);
  const template = await readyTemplate(
    {
      spec,
      qemu: { binary: qemu.binary, version: qemu.version.full, sha256: qemu.sha256 },
      firmwareSha256: firmware.sha256,
      kernelSha256: guest.kernelSha256,
      initramfsSha256: guest.initramfsSha256,
      host: cell.accel === 'kvm' ? hostIdentity : '',
      backing: cell.backing,
      timeoutMs: cell.timeoutMs,
    },
    cache,
    context,
  );
  const ramKey = `${template.key} ${cell.backing}`;
  const ram =
    rams.get(ramKey) ??
    (await RamFile.create(cell.backing, cell.memoryMiB, template.ramPath, context));
  rams.set(ramKey, ram);
  return { ...template, ram };
}
