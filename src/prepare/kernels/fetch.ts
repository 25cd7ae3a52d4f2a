/** A kernel as the distribution packages it: its image, the vmlinux inside, its configuration. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Context } from '../../context.js';
import { EnvironmentError } from '../../errors.js';
import { kindOfImage, unpackKernel } from './image.js';
import { describeSource, type GuestFrom, type PackageSource } from './origin.js';
import { checkPackage, downloadPackage, fileOfPackage } from './package.js';
import { writeManifest } from './store.js';

/**
 * Fills a kernel's folder in the cache.
 *
 * @param given the package as a file, where the user has it; undefined downloads it
 * @throws EnvironmentError
 */
export async function fillFromPackage(
  guest: GuestFrom<PackageSource>,
  given: string | undefined,
  folder: string,
  context: Context,
): Promise<void> {
  const { source, version, sha256 } = guest;
  const pin = { package: source.package, version, sha256 };
  const download = join(folder, 'download');
  await mkdir(download);
  if (given !== undefined) await checkPackage(given, pin);
  const deb = given ?? (await downloadPackage(pin, download, context));
  await writeKernel(deb, source, folder);
  await rm(download, { recursive: true });
  const described = describeSource(guest);
  await writeManifest(folder, { guest: guest.name, version, source: described });
}

async function writeKernel(deb: string, source: PackageSource, folder: string): Promise<void> {
  const content = await fileOfPackage(deb, source.file);
  if (content === undefined) {
    throw new EnvironmentError(`${source.package} has no file ${source.file}`);
  }
  const image = Buffer.from(content);
  await unpackKernel(image, join(folder, 'vmlinux'), source.package);
  if (kindOfImage(image) === 'bzImage') await writeFile(join(folder, 'bzImage'), image);
  const config = await fileOfPackage(deb, configBeside(source.file));
  if (config !== undefined) await writeFile(join(folder, 'config'), config);
}

/** Distributions put `config-VERSION` beside `vmlinuz-VERSION`. */
function configBeside(image: string): string {
  return join(dirname(image), basename(image).replace(/^[^-]*/, 'config'));
}
