/** Gets a package of the distribution without installing it, through the host's own apt. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../../context.js';
import { EnvironmentError, messageOf } from '../../errors.js';
import { sha256Of } from '../../host/qemu.js';

export interface PackagePin {
  readonly package: string;
  readonly version: string;
  /** Of the .deb; undefined trusts apt's own signature check alone. */
  readonly sha256: string | undefined;
}

/**
 * Downloads the pinned package into `folder` and returns the .deb's path.
 *
 * @throws EnvironmentError when it is not to be had, or is another than the pinned one
 */
export async function downloadPackage(
  pin: PackagePin,
  folder: string,
  context: Context,
): Promise<string> {
  try {
    // As root apt would drop to its own user, who cannot write into our folder.
    const args = ['-o', 'APT::Sandbox::User=root', 'download', `${pin.package}=${pin.version}`];
    await execa('apt-get', args, {
      cwd: folder,
      cancelSignal: context.signal,
      env: { ...context.env, LC_ALL: 'C' },
    });
  } catch (error) {
    context.signal.throwIfAborted();
    throw new EnvironmentError(`${pin.package}=${pin.version} ${whyNot(error)}`, { cause: error });
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new EnvironmentError(`apt-get left no .deb of ${pin.package}`);
  const path = join(folder, file);
  await checkPackage(path, pin);
  return path;
}

function whyNot(error: unknown): string {
  const words = messageOf(error);
  if (words.includes('ENOENT')) return 'cannot be downloaded: this host has no apt-get';
  return /was not found|Unable to locate|no installation candidate/.test(words)
    ? 'is not offered by the package sources of this host. Run "apt-get update"; if it is still not there, the mirrors have dropped this version: docs/kernels.md says where old ones are kept and how to use one ("basepoint kernels fetch NAME --from FILE.deb")'
    : `cannot be downloaded: ${words}`;
}

/** @throws EnvironmentError when the file is not the pinned package */
export async function checkPackage(path: string, pin: PackagePin): Promise<void> {
  const sha256 = await sha256Of(path).catch((error: unknown) => {
    throw new EnvironmentError(messageOf(error), { cause: error });
  });
  if (pin.sha256 === undefined || sha256 === pin.sha256) return;
  throw new EnvironmentError(
    `${path} has sha256 ${sha256}, expected ${pin.sha256} (${pin.package}=${pin.version}): it is not used`,
  );
}

/**
 * Takes one file out of a package.
 *
 * @returns undefined where the package has no such file
 */
export async function fileOfPackage(deb: string, file: string): Promise<Uint8Array | undefined> {
  const options = { encoding: 'buffer', stripFinalNewline: false, maxBuffer: 2 ** 31 } as const;
  const archive = execa('dpkg-deb', ['--fsys-tarfile', deb], options);
  const found = await archive.pipe('tar', ['-xO', `./${file}`], { ...options, reject: false });
  if (found.exitCode === 0) return found.stdout;
  if (found.stderr.toString().includes('Not found in archive')) return undefined;
  throw new EnvironmentError(`${deb} cannot be unpacked: ${found.stderr.toString().trim()}`);
}
