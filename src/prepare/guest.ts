/** Makes a guest ready to start: a kernel, an initramfs or none, and what they are made of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { ConsoleReady } from '../ends.js';
import { EnvironmentError, messageOf } from '../errors.js';
import { sha256Of } from '../host/qemu.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { knownPackings, lacksPacking, type PackingName } from '../packings.js';
import type { GuestDisk, GuestReference, ImageName } from '../parse/scenario.js';
import type { FrameLength } from '../qemu/frames.js';
import { contentKey, type Cache } from './cache.js';
import { CellFault, faultOf } from './cell-fault.js';
import { readyDisk, type ReadyDisk } from './disk.js';
import { defaultInitramfs, modulesOf, type Filling } from './initramfs.js';
import { configOf } from './kernels/config-of.js';
import { checkKernel, kindOfImage, unpackKernel } from './kernels/image.js';
import { readyKernel } from './kernels/ready.js';
import type { WholeKernel } from './kernels/store.js';

/** A guest whose files are there. */
export interface ReadyGuest {
  readonly name: string;
  readonly version: string;
  readonly kernel: string;
  readonly kernelSha256: string;
  readonly initramfs: string | undefined;
  readonly initramfsSha256: string | undefined;
  readonly commandLine: string;
  /** What its PID 1 takes on its go channel. */
  readonly frames: FrameLength;
  /** Where the kernel's symbols are listed; undefined where nobody has them. */
  readonly systemMap: string | undefined;
  /** Undefined where it has our PID 1. */
  readonly ready: ConsoleReady | undefined;
  readonly disk: ReadyDisk | undefined;
}

/** What a cell asks of its guest. */
export interface GuestOptions {
  /** The guest must bring the driver of that device. */
  readonly virtioRng: boolean;
  readonly image: ImageName;
  readonly packing: PackingName;
  readonly fillMiB: number;
}

const plainGuest: GuestOptions = {
  ...{ virtioRng: false, image: 'vmlinux', packing: 'none', fillMiB: 0 },
};

/** The command line of a guest by path that gives none: what debian-cloud has. */
export const defaultCommandLine =
  'console=ttyS0 quiet 8250.nr_uarts=2 earlyprintk=serial,0xe9,800 panic=-1';

/**
 * @throws CellFault where an image or initramfs is no good, EnvironmentError that names what is
 *   missing and what to do
 */
export async function readyGuest(
  reference: GuestReference,
  guests: readonly DeclaredGuest[],
  cache: Cache,
  context: Context,
  options = plainGuest,
): Promise<ReadyGuest> {
  if (reference.kind === 'path') return guestByPath(reference, options, cache, context);
  const declared = guests.find(({ name }) => name === reference.name);
  if (declared === undefined) throw new EnvironmentError(`no guest "${reference.name}"`);
  const modules = options.virtioRng ? await modulesOf(declared, cache, context) : [];
  const stored = await readyKernel(declared, cache, context);
  const { folder, manifest } = stored;
  await checkPacking(declared.name, options.packing, stored);
  const { name, version, commandLine, frames } = declared;
  const file = manifest.files[options.image];
  if (file === undefined) throw new CellFault(`${name} has no ${options.image} in ${folder}`);
  const filling = { ...options, modules, from: join(folder, 'vmlinux') };
  const initramfs = await initramfsOf(declared.initramfs, filling, cache, context);
  return {
    ...{ name, version, commandLine, frames, initramfs, ready: declared.ready },
    kernel: join(folder, options.image),
    kernelSha256: file.sha256,
    disk: await diskOf(declared),
    initramfsSha256: await hashOf(initramfs),
    systemMap: manifest.files['System.map'] && join(folder, 'System.map'),
  };
}

/** The plan knows only of kernels that were at hand. */
async function checkPacking(
  name: string,
  packing: PackingName,
  kernel: WholeKernel,
): Promise<void> {
  if (packing === 'none') return;
  const config = await configOf(kernel);
  if (config === undefined || knownPackings(config).includes(packing)) return;
  throw new CellFault(`${name} ${lacksPacking(packing)}`);
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
  options: GuestOptions,
  cache: Cache,
  context: Context,
): Promise<ReadyGuest> {
  const { name, kernel: image, commandLine = defaultCommandLine } = reference;
  const vmlinux = await vmlinuxOfImage(name, image, cache);
  if (options.image === 'bzImage' && vmlinux === image) {
    throw new CellFault(`guest "${name}" has no bzImage: ${image} is a vmlinux`);
  }
  const kernel = options.image === 'bzImage' ? image : vmlinux;
  const kernelSha256 = await sha256Of(kernel);
  const filling = { ...options, modules: [], from: vmlinux };
  const initramfs = await initramfsOf(reference.initramfs, filling, cache, context);
  return {
    ...{ name, version: kernelSha256.slice(0, 12), commandLine, kernel, kernelSha256, initramfs },
    frames: reference.frames,
    ready: reference.ready,
    disk: await diskOf(reference),
    initramfsSha256: await hashOf(initramfs),
    systemMap: undefined,
  };
}

async function vmlinuxOfImage(name: string, image: string, cache: Cache): Promise<string> {
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

/** @param filling of ours */
async function initramfsOf(
  wanted: string,
  filling: Filling,
  cache: Cache,
  context: Context,
): Promise<string | undefined> {
  if (wanted === 'none') return undefined;
  return wanted === 'default' ? defaultInitramfs(filling, cache, context) : wanted;
}

async function hashOf(initramfs: string | undefined): Promise<string | undefined> {
  try {
    return initramfs === undefined ? undefined : await sha256Of(initramfs);
  } catch (error) {
    throw new CellFault(messageOf(error), '', { cause: error });
  }
}
