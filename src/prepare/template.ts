/**
 * Templates: a guest frozen at its base point, as a RAM file and a device-state file.
 *
 * One is made for each distinct machine, kept in the cache under the hash of all that made it, and
 * made again when any of that changes or its files are damaged. The guest is sealed with a nonce
 * that exists nowhere else, so a start that answers with it was restored from this template.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';

import { msBetween, now } from '../clock.js';
import type { Context } from '../context.js';
import type { ConsoleReady } from '../ends.js';
import { sha256Of } from '../host/qemu.js';
import { guestCodes } from '../marks.js';
import { noTenant, refuseOtherTenant, type Tenant } from '../tenants.js';
import { qemuArguments, shellQuote, type MachineSpec } from '../qemu/command.js';
import type { MachineDisk } from '../qemu/disk.js';
import { Dialogue, timeLimit, within } from '../qemu/dialogue.js';
import { sealFrame, type FrameLength } from '../qemu/frames.js';
import { Machine } from '../qemu/machine.js';
import { loadCapabilities, migrationHasEnded } from '../qemu/migration.js';
import { openOverlay } from '../qemu/overlay.js';
import { contentKey, type Cache } from './cache.js';
import { faultOf } from './cell-fault.js';
import { closeToOthers, lockUp, tenantFolder } from './tenant-folder.js';
import { RamFile } from './ram.js';

/** A template ready to be restored from. */
export interface Template {
  readonly key: string;
  readonly nonce: bigint;
  readonly ramPath: string;
  readonly ramBytes: number;
  readonly statePath: string;
  readonly stateBytes: number;
  /** What its guest had written to its disk when it was frozen. */
  readonly overlayPath: string | undefined;
  readonly reused: boolean;
  /** Whose it is. */
  readonly tenant: string;
  /** How long making it took, from the first step to the last file; undefined where nobody noted it. */
  readonly madeMs: number | undefined;
}

/** What a template is made of. Any difference makes another template. */
export interface TemplateInputs {
  readonly spec: MachineSpec;
  readonly qemu: { readonly binary: string; readonly version: string; readonly sha256: string };
  readonly firmwareSha256: string | undefined;
  readonly kernelSha256: string;
  readonly initramfsSha256: string | undefined;
  readonly diskSha256?: string | undefined;
  /** On KVM the saved state depends on the host's kernel and CPU. */
  readonly host: string;
  readonly backing: string;
  readonly tenant: Tenant;
  /** Of a guest without our PID 1, which is frozen at its ready line. */
  readonly ready?: ConsoleReady | undefined;
  readonly timeoutMs: number;
}

const manifestSchema = z.object({
  nonce: z.string(),
  ramBytes: z.number(),
  stateBytes: z.number(),
  stateSha256: z.string(),
  overlaySha256: z.string().optional(),
  tenant: z.string().default('none'),
  madeMs: z.number().optional(),
});

type Manifest = z.output<typeof manifestSchema>;

/** @throws CellFault with what the guest and QEMU said last */
export async function readyTemplate(
  inputs: TemplateInputs,
  cache: Cache,
  context: Context,
): Promise<Template> {
  const key = templateKey(inputs);
  const { tenant } = inputs;
  const { path, reused } = await cache.folder(
    tenantFolder(tenant),
    key,
    (folder) => makeTemplate(inputs, folder, context),
    async (folder) => (await isWhole(folder)) && (await closeToOthers(folder, tenant, context)),
  );
  await lockUp(path, tenant, context);
  const manifest = await readManifest(path);
  refuseOtherTenant(`the template ${path}`, manifest.tenant, tenant.name);
  return {
    key,
    nonce: BigInt(`0x${manifest.nonce}`),
    ramPath: join(path, 'ram'),
    ramBytes: manifest.ramBytes,
    statePath: join(path, 'state'),
    stateBytes: manifest.stateBytes,
    overlayPath: manifest.overlaySha256 === undefined ? undefined : join(path, 'overlay'),
    reused,
    tenant: manifest.tenant,
    madeMs: manifest.madeMs,
  };
}

/** What the template is kept under. */
export function templateKey(inputs: TemplateInputs): string {
  const { qemu, backing } = inputs;
  const { accel, machine, cpu, memoryMiB, vcpus, commandLine, devices, disk } = inputs.spec;
  return contentKey({
    format: 1,
    // Paths are not content: two copies of one kernel make one template.
    machine: [accel, machine, cpu, memoryMiB, vcpus, commandLine],
    devices,
    qemu: [qemu.version, qemu.sha256],
    firmware: inputs.firmwareSha256,
    kernel: inputs.kernelSha256,
    initramfs: inputs.initramfsSha256,
    host: inputs.host,
    hugepages: backing === 'hugetlbfs',
    tenant: inputs.tenant.name === noTenant.name ? undefined : inputs.tenant.name,
    frozenAt: inputs.ready?.line,
    disk: disk === undefined ? undefined : [disk.mode, inputs.diskSha256],
  });
}

async function readManifest(folder: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const manifest = await readManifest(folder);
    const ram = await stat(join(folder, 'ram'));
    const state = await sha256Of(join(folder, 'state'));
    const { overlaySha256: overlay } = manifest;
    if (overlay !== undefined && (await sha256Of(join(folder, 'overlay'))) !== overlay)
      return false;
    return ram.size === manifest.ramBytes && state === manifest.stateSha256;
  } catch {
    return false;
  }
}

async function makeTemplate(
  inputs: TemplateInputs,
  folder: string,
  context: Context,
): Promise<void> {
  const { spec, qemu, backing, tenant, ready, timeoutMs } = inputs;
  const beganNs = now();
  using ram = await RamFile.create(backing, spec.memoryMiB, undefined, context);
  using overlay = ownLayer(spec.disk);
  const dialogue = new Dialogue(ready);
  // Nobody takes it in a guest without our PID 1.
  const nonce = ready === undefined ? randomBytes(8).readBigUInt64LE() : 0n;
  const statePath = join(folder, 'state');
  try {
    await using machine = Machine.spawn(
      () => ({
        launcher: join(context.home, 'dist/native/basepoint-launch'),
        parentPid: context.pid,
        env: { PATH: context.env['PATH'] },
        binary: qemu.binary,
        args: qemuArguments(spec, 'template'),
        files: [ram.fd, ...(overlay.fd === undefined ? [] : [undefined, undefined, overlay.fd])],
        ownFiles: [],
        control: false,
      }),
      dialogue,
    );
    const limit = timeLimit(timeoutMs, context.signal);
    const frozen = async () => {
      await (ready === undefined
        ? sealed(machine, dialogue, nonce, spec.frames)
        : atReadyLine(machine, dialogue));
      await save(machine, statePath);
    };
    await within(machine, frozen(), limit);
    await machine.qmp.execute('quit');
    await within(machine, machine.exited, limit);
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw faultOf(`cannot make a template${whyNot(dialogue, ready)}`, error);
  }
  const ramPath = join(folder, 'ram');
  await copyOut(ram.fd, ramPath, context);
  if (overlay.fd !== undefined) await copyOut(overlay.fd, join(folder, 'overlay'), context);
  await writeManifest(folder, { nonce, tenant: tenant.name, beganNs });
}

async function copyOut(fd: number, path: string, { pid }: Context): Promise<void> {
  await execa('cp', ['--sparse=always', `/proc/${pid}/fd/${fd}`, path]);
}

/** The layer that the guest writes to while it boots; none where its disk has none. */
function ownLayer(disk: MachineDisk | undefined): Disposable & { readonly fd: number | undefined } {
  const fd = disk?.mode === 'overlay' ? openOverlay(disk.bytes) : undefined;
  return {
    fd,
    [Symbol.dispose]: () => {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function whyNot({ seen }: Dialogue, ready: ConsoleReady | undefined): string {
  if (seen.has(ready === undefined ? guestCodes.BASE : 'line')) return '';
  if (ready === undefined) return ', because the guest did not come to its base point';
  return `, because no line of the guest's console matched /${ready.line}/`;
}

/** It can be stopped no sooner than the harness has seen the line. */
async function atReadyLine(machine: Machine, dialogue: Dialogue): Promise<void> {
  const line = dialogue.wait('line');
  await machine.qmp.execute('qmp_capabilities');
  await line;
  await machine.qmp.execute('stop');
}

async function sealed(
  machine: Machine,
  dialogue: Dialogue,
  nonce: bigint,
  frames: FrameLength,
): Promise<void> {
  const atBase = dialogue.wait(guestCodes.BASE);
  await machine.qmp.execute('qmp_capabilities');
  await atBase;
  const taken = dialogue.wait(guestCodes.SEALED);
  machine.sendToGuest(sealFrame(nonce, frames));
  await taken;
  await machine.qmp.execute('stop');
}

async function save(machine: Machine, statePath: string): Promise<void> {
  await machine.qmp.execute('migrate-set-capabilities', loadCapabilities);
  const saved = machine.qmp.waitEvent(migrationHasEnded);
  await machine.qmp.execute('migrate', { uri: `exec:cat > ${shellQuote([statePath])}` });
  const { data } = await saved;
  if (data['status'] !== 'completed') throw new Error('QEMU could not save the device state');
}

async function writeManifest(
  folder: string,
  made: { readonly nonce: bigint; readonly tenant: string; readonly beganNs: bigint },
): Promise<void> {
  const statePath = join(folder, 'state');
  const overlay = join(folder, 'overlay');
  const manifest: Manifest = {
    ...(existsSync(overlay) ? { overlaySha256: await sha256Of(overlay) } : {}),
    nonce: made.nonce.toString(16),
    tenant: made.tenant,
    ramBytes: (await stat(join(folder, 'ram'))).size,
    stateBytes: (await stat(statePath)).size,
    stateSha256: await sha256Of(statePath),
    madeMs: Math.round(msBetween(made.beganNs, now())),
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
}
