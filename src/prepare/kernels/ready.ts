/** A declared guest's kernel, made where it can be made while one waits. */
import { join } from 'node:path';

import type { Context } from '../../context.js';
import { EnvironmentError } from '../../errors.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import type { Cache } from '../cache.js';
import { compile, tinyProgram } from '../compile.js';
import { fillFromPackage } from './fetch.js';
import { describeSource, isFromPackage, isFromTree, kernelKey, kernelOfGuest } from './origin.js';
import { storedKernel, writeManifest, type WholeKernel } from './store.js';

/**
 * The kernel in the cache; fetched or built anew where it is not there or is damaged.
 *
 * @throws EnvironmentError when it cannot be, or is built only on demand and has not been
 */
export async function readyKernel(
  guest: DeclaredGuest,
  cache: Cache,
  context: Context,
): Promise<WholeKernel> {
  const stored = await kernelOfGuest(guest, cache, context);
  if (stored.state === 'whole') return stored;
  if (isFromTree(guest)) {
    const what = stored.state === 'damaged' ? `is damaged (${stored.why})` : 'has not been built';
    throw new EnvironmentError(
      `the kernel of ${guest.name} ${what}: basepoint kernels build ${guest.name}`,
    );
  }
  return putKernel(guest, undefined, cache, context);
}

/**
 * Fetches or builds the kernel anew, whatever the cache has.
 *
 * @param deb the package as a file, where the user has it
 */
export async function putKernel(
  guest: DeclaredGuest,
  deb: string | undefined,
  cache: Cache,
  context: Context,
): Promise<WholeKernel> {
  const fill = (folder: string) =>
    isFromPackage(guest)
      ? fillFromPackage(guest, deb, folder, context)
      : fillFromProgram(guest, folder, context);
  return fillKernel(await kernelKey(guest, context), fill, cache);
}

/** Puts a kernel's folder in place of what may be there. */
export async function fillKernel(
  key: string,
  fill: (folder: string) => Promise<void>,
  cache: Cache,
): Promise<WholeKernel> {
  const { path } = await cache.folder('kernels', key, fill, () => Promise.resolve(false));
  const stored = await storedKernel(path);
  if (stored.state === 'whole') return stored;
  throw new EnvironmentError(`${path} was written and cannot be read back`);
}

async function fillFromProgram(
  guest: DeclaredGuest,
  folder: string,
  context: Context,
): Promise<void> {
  await compile(tinyProgram, join(folder, 'vmlinux'), context);
  const { name, version } = guest;
  await writeManifest(folder, { guest: name, version, source: describeSource(guest) });
}
