/** Makes a guest ready to start: a vmlinux, an initramfs or none, and what they are made of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { ConsoleReady } from '../ends.js';
import { EnvironmentError, messageOf } from '../errors.js';
import { sha256Of } from '../host/qemu.js';
import type { DeclaredGuest } from '../parse/guests.js';
import type { GuestDisk, GuestReference } from '../parse/scenario.js';
import { contentKey, type Cache } from './cache.js';
import { CellFault, faultOf } from './cell-fault.js';
import { readyDisk, type ReadyDisk } from './disk.js';
import { defaultInitramfs, modulesOf } from './initramfs.js';
import { checkKernel, kindOfImage, unpackKernel } from './kernels/image.js';
import { readyKernel } from './kernels/ready.js';

/** A guest whose files are there. */
export interface ReadyGuest {
  readonly name: string;
  readonly version: string;
  readonly kernel: string;
  readonly kernelSha256: string;
  readonly initramfs: string | undefined;
  readonly initramfsSha256: string | undefined;
  readonly commandLine: string;
  /** Undefined where it has our PID 1. */
  readonly ready: ConsoleReady | undefined;
  readonly disk: ReadyDisk | undefined;
}

/** The command line of a guest by path that gives none: what debian-cloud has. */
export const defaultCommandLine =
  'console=ttyS0 quiet 8250.nr_uarts=2 earlyprintk=serial,0xe9,800 panic=-1';

/**
 * @param needsVirtioRng whether the guest must bring the driver of that device
 * @throws CellFault where an image or initramfs is no good, EnvironmentError that names what is
 *   missing and what to do
 */
export async function readyGuest(
  reference: GuestReference,
  guests: readonly DeclaredGuest[],
  cache: Cache,
  context: Context,
  needsVirtioRng = false,
): Promise<ReadyGuest> {
  if (reference.kind === 'path') return guestByPath(reference, cache, context);
  const declared = guests.find(({ name }) => name === reference.name);
  if (declared === undefined) throw new EnvironmentError(`no guest "${reference.name}"`);
  const modules = needsVirtioRng ? await modulesOf(declared, cache, context) : [];
  const { folder, manifest } = await readyKernel(declared, cache, context);
  const initramfs = await initramfsOf(declared.initramfs, modules, cache, context);
  const { name, version, commandLine } = declared;
  return {
    ...{ name, version, commandLine, initramfs, ready: declared.ready },
    kernel: join(folder, 'vmlinux'),
    kernelSha256: manifest.files['vmlinux']?.sha256 ?? '',
    disk: await diskOf(declared),
    initramfsSha256: await hashOf(initramfs),
  };
}

async function diskOf(guest: {
  readonly name: string;
  readonly disk?: GuestDisk | undefined;
}): Promise<ReadyDisk | undefined> {
  return guest.disk === undefined ? undefined : readyDisk(guest.disk, guest.name);
}

type PathReference = Extract<GuestReference, { kind: 'path' }>;

async function guestByPath(
  reference: PathReference,
  cache: Cache,
  context: Context,
): Promise<ReadyGuest> {
  const { name, kernel: image, commandLine = defaultCommandLine } = reference;
  const kernel = await kernelOfImage(name, image, cache);
  const kernelSha256 = await sha256Of(kernel);
  const initramfs = await initramfsOf(reference.initramfs, [], cache, context);
  return {
    ...{ name, version: kernelSha256.slice(0, 12), commandLine, kernel, kernelSha256, initramfs },
    ready: reference.ready,
    disk: await diskOf(reference),
    initramfsSha256: await hashOf(initramfs),
  };
}

async function kernelOfImage(name: string, image: string, cache: Cache): Promise<string> {
  const bytes = await readFile(image).catch((error: unknown) => {
    throw faultOf(`guest "${name}"`, error);
  });
  try {
    if (kindOfImage(bytes) !== 'vmlinux') return await unpacked(bytes, image, cache);
    checkKernel(bytes, image);
    return image;
  } catch (error) {
    throw error instanceof EnvironmentError ? faultOf(`guest "${name}"`, error) : error;
  }
}

async function unpacked(image: Buffer, name: string, cache: Cache): Promise<string> {
  const { path } = await cache.folder('unpacked', contentKey(image.toString('base64')), (folder) =>
    unpackKernel(image, join(folder, 'vmlinux'), name),
  );
  return join(path, 'vmlinux');
}

/** @param modules that our PID 1 is to load */
async function initramfsOf(
  wanted: string,
  modules: readonly string[],
  cache: Cache,
  context: Context,
): Promise<string | undefined> {
  if (wanted === 'none') return undefined;
  return wanted === 'default' ? defaultInitramfs(modules, cache, context) : wanted;
}

async function hashOf(initramfs: string | undefined): Promise<string | undefined> {
  try {
    return initramfs === undefined ? undefined : await sha256Of(initramfs);
  } catch (error) {
    throw new CellFault(messageOf(error), '', { cause: error });
  }
}
