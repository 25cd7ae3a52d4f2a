import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { Cache } from '../../src/prepare/cache.js';
import { defaultInitramfs } from '../../src/prepare/initramfs.js';
import { home, temporaryFolder, testContext } from '../support/context.js';

const sources = join(home, 'kernels/init');

/** Made by itself, in a cache of its own. */
async function made(folder: string, modules: readonly string[] = []) {
  const context = testContext(folder);
  const filling = { modules, packing: 'none', fillMiB: 0, from: '' } as const;
  const path = await defaultInitramfs(filling, await Cache.open(context), context);
  return { bytes: await readFile(path), program: await stat(join(dirname(path), 'init')) };
}

describe('the initramfs with our PID 1', () => {
  it('has the same bytes wherever it is made, whatever the modes of what goes into it', async () => {
    await using first = await temporaryFolder();
    await using second = await temporaryFolder();
    const archives: Buffer[] = [];
    for (const [{ path }, mode] of [
      [first, 0o600],
      [second, 0o644],
    ] as const) {
      const module = join(path, 'some.ko');
      await writeFile(module, 'a driver');
      await chmod(module, mode);
      archives.push((await made(path)).bytes, (await made(path, [module])).bytes);
    }
    const [plain, withModule, plainAgain, withModuleAgain] = archives;
    expect(plainAgain?.equals(plain ?? Buffer.alloc(0))).toBe(true);
    expect(withModuleAgain?.equals(withModule ?? Buffer.alloc(0))).toBe(true);
    expect(withModule?.equals(plain ?? Buffer.alloc(0))).toBe(false);
  });

  it('is under 16 KiB, as its README says', async () => {
    await using folder = await temporaryFolder();
    const { bytes, program } = await made(folder.path);
    expect(bytes.length).toBeLessThan(16 * 1024);
    expect(program.size).toBeLessThan(bytes.length);
    expect(await readFile(join(sources, 'README.md'), 'utf8')).toContain('under 16 KiB');
  });
});

describe('the README of our PID 1', () => {
  it('lists the system calls that its sources make, all and no others', async () => {
    const names = (await readdir(sources)).filter((name) => /\.[ch]$/.test(name));
    const texts = await Promise.all(names.map((name) => readFile(join(sources, name), 'utf8')));
    const made = texts.flatMap((text) =>
      [...text.matchAll(/\bSYS_(\w+)/g)].map(([, name = '']) => name),
    );
    const readme = await readFile(join(sources, 'README.md'), 'utf8');
    const listed = [...readme.matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name);
    expect([...listed].sort()).toEqual([...new Set(made)].sort());
  });
});
