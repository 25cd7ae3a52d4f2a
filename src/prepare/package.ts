/** Gets a package of the distribution without installing it, through the host's own apt. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../context.js';
import { EnvironmentError, messageOf } from '../errors.js';
import { sha256Of } from '../host/qemu.js';

export interface PackagePin {
  readonly package: string;
  readonly version: string;
  /** Of the .deb; undefined trusts apt's own signature check alone. */
  readonly sha256: string | undefined;
}

/** Downloads the pinned package into `folder` and returns the .deb's path. */
export async function downloadPackage(
  pin: PackagePin,
  folder: string,
  context: Context,
): Promise<string> {
  try {
    // As root apt would drop to its own user, who cannot write into our folder.
    const args = ['-o', 'APT::Sandbox::User=root', 'download', `${pin.package}=${pin.version}`];
    await execa('apt-get', args, { cwd: folder, cancelSignal: context.signal });
  } catch (error) {
    throw new EnvironmentError(
      `package ${pin.package}=${pin.version} cannot be downloaded: run "apt-get update", or name another kernel by path.\n${messageOf(error)}`,
      { cause: error },
    );
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new EnvironmentError(`apt-get left no .deb of ${pin.package}`);
  const path = join(folder, file);
  const sha256 = await sha256Of(path);
  if (pin.sha256 !== undefined && sha256 !== pin.sha256) {
    throw new EnvironmentError(
      `${pin.package}=${pin.version} has sha256 ${sha256}, expected ${pin.sha256}: it is not used`,
    );
  }
  return path;
}

/** Takes one file out of a package. */
export async function fileOfPackage(deb: string, file: string): Promise<Uint8Array> {
  const { stdout } = await execa('dpkg-deb', ['--fsys-tarfile', deb], {
    encoding: 'buffer',
    maxBuffer: 2 ** 31,
  }).pipe('tar', ['-xO', `./${file}`], { encoding: 'buffer', maxBuffer: 2 ** 30 });
  return stdout;
}
