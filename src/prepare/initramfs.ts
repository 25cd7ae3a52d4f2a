/** The initramfs of a Linux guest: our PID 1, and the drivers it loads where a machine needs them. */
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import { sha256Of } from '../host/qemu.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { contentKey, type Cache } from './cache.js';
import { compile, initProgram, programInputs } from './compile.js';
import { downloadPackage, fileOfPackage } from './kernels/package.js';

/**
 * Our PID 1, alone in an archive but for the modules: it makes the device nodes it needs itself.
 *
 * @param modules files to be loaded in this order
 */
export async function defaultInitramfs(
  modules: readonly string[],
  cache: Cache,
  context: Context,
): Promise<string> {
  const program = await programInputs(initProgram, context);
  const hashes = await Promise.all(modules.map(sha256Of));
  const inputs = hashes.length === 0 ? program : { program, modules: hashes };
  const { path } = await cache.folder('initramfs', contentKey(inputs), async (folder) => {
    await compile(initProgram, join(folder, 'init'), context);
    await chmod(join(folder, 'init'), 0o755);
    const names = await placeModules(modules, folder);
    await archive(['init', ...names], folder);
  });
  return join(path, 'initramfs');
}

/** Under the names by which PID 1 finds them, one digit each. */
async function placeModules(modules: readonly string[], folder: string): Promise<string[]> {
  if (modules.length === 0) return [];
  await mkdir(join(folder, 'modules'), { mode: 0o755 });
  const names = modules.map((_, index) => `modules/${index}`);
  // Neither the modes of what was given nor the umask must be in the bytes.
  await chmod(join(folder, 'modules'), 0o755);
  for (const [index, module] of modules.entries()) {
    const path = join(folder, names[index] ?? '');
    await copyFile(module, path);
    await chmod(path, 0o644);
  }
  return ['modules', ...names];
}

async function archive(names: readonly string[], folder: string): Promise<void> {
  await execa('touch', ['-d', '@0', ...names], { cwd: folder });
  const args = ['--create', '--format=newc', '--reproducible', '--owner=0:0', '--quiet'];
  const input = names.map((name) => `${name}\n`).join('');
  const options = { input, encoding: 'buffer', stripFinalNewline: false } as const;
  const { stdout } = await execa('cpio', args, { cwd: folder, ...options });
  await writeFile(join(folder, 'initramfs'), stdout);
}

/** The drivers of virtio-rng out of the guest's package; none where its kernel has them built in. */
export async function modulesOf(
  { source, version, sha256, modules }: DeclaredGuest,
  cache: Cache,
  context: Context,
): Promise<readonly string[]> {
  if (!('package' in source) || modules.length === 0) return [];
  const pin = { package: source.package, version, sha256 };
  const { path } = await cache.folder('modules', contentKey([pin, modules]), async (folder) => {
    const deb = await downloadPackage(pin, folder, context);
    for (const file of modules) {
      const module = await fileOfPackage(deb, file);
      if (module === undefined) throw new EnvironmentError(`${pin.package} has no file ${file}`);
      await writeFile(join(folder, basename(file)), module);
    }
    await rm(deb);
  });
  return modules.map((file) => join(path, basename(file)));
}
