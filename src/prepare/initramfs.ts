/** The initramfs of a Linux guest: our PID 1, and the drivers it loads where a machine needs them. */
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import { sha256Of } from '../host/qemu.js';
import { packings, type PackingName } from '../packings.js';
import type { DeclaredGuest } from '../parse/guests.js';
import { contentKey, type Cache } from './cache.js';
import { compile, initProgram, programInputs } from './compile.js';
import { downloadPackage, fileOfPackage } from './kernels/package.js';

/** What our initramfs has besides PID 1, and how it is packed. */
export interface Filling {
  /** Files to be loaded in this order. */
  readonly modules: readonly string[];
  readonly packing: PackingName;
  /** So much of this file, over and over where it is shorter: a payload as programs are. */
  readonly fillMiB: number;
  readonly from: string;
}

/** Our PID 1, alone in an archive but for the filling: it makes the device nodes it needs itself. */
export async function defaultInitramfs(
  { modules, packing, fillMiB, from }: Filling,
  cache: Cache,
  context: Context,
): Promise<string> {
  const program = await programInputs(initProgram, context);
  const hashes = await Promise.all(modules.map(sha256Of));
  const plain = hashes.length === 0 ? program : { program, modules: hashes };
  const fill = fillMiB === 0 ? undefined : [fillMiB, await sha256Of(from)];
  const { command } = packings[packing];
  const inputs =
    fill === undefined && command === undefined ? plain : { plain, fill, packing: command };
  const { path } = await cache.folder('initramfs', contentKey(inputs), async (folder) => {
    await compile(initProgram, join(folder, 'init'), context);
    await chmod(join(folder, 'init'), 0o755);
    const names = await placeModules(modules, folder);
    const filled = fillMiB > 0 ? ['fill'] : [];
    if (fillMiB > 0) await placeFill(from, fillMiB, folder);
    await archive(['init', ...names, ...filled], folder);
    for (const name of filled) await rm(join(folder, name));
    if (command !== undefined) await pack(command, folder);
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

async function placeFill(from: string, fillMiB: number, folder: string): Promise<void> {
  await writeFile(join(folder, 'fill'), Buffer.alloc(fillMiB * 2 ** 20, await readFile(from)));
}

async function pack([program, ...args]: readonly [string, ...string[]], folder: string) {
  const path = join(folder, 'initramfs');
  const options = { encoding: 'buffer', stripFinalNewline: false, maxBuffer: 2 ** 31 } as const;
  const { stdout } = await execa(program, args, { inputFile: path, ...options });
  await writeFile(path, stdout);
}

async function archive(names: readonly string[], folder: string): Promise<void> {
  await execa('touch', ['-d', '@0', ...names], { cwd: folder });
  const args = ['--create', '--format=newc', '--reproducible', '--owner=0:0', '--quiet'];
  const input = names.map((name) => `${name}\n`).join('');
  const most = { maxBuffer: 2 ** 31 };
  const options = { input, encoding: 'buffer', stripFinalNewline: false, ...most } as const;
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
