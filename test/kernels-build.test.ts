import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { main } from '../src/main.js';
import { buildLine } from '../src/output/build-progress.js';
import { parseFragment } from '../src/prepare/kernels/fragment.js';
import { home, temporaryFolder, testContext, type TestContext } from './support/context.js';
import { declare } from './support/kernel-home.js';
import { elf } from './support/kernel-images.js';
import { kernelTree } from './support/kernel-tree.js';
import { eventually, processesWith } from './support/processes.js';

const fragment = 'CONFIG_PVH=y  # entered without a decompressor\n';

/** A home with one guest that is built from source. */
async function builderHome(folder: string, options = fragment): Promise<TestContext> {
  const source =
    '{ package: linux-source-none, tarball: usr/src/none.tar.xz, fragment: fragment.config, objects: 8 }';
  await declare(folder, 'own', `source: ${source}\nversion: '1.0'`);
  await writeFile(join(folder, 'kernels/own/fragment.config'), options);
  return { ...testContext(folder), home: folder };
}

async function build(context: TestContext, ...args: readonly string[]) {
  context.stdout.text = '';
  context.stderr.text = '';
  const code = await main(['kernels', 'build', 'own', ...args], context);
  return { code, out: context.stdout.text, err: context.stderr.text };
}

async function builtFolders({ env }: TestContext): Promise<readonly string[]> {
  return readdir(join(env['BASEPOINT_CACHE'] ?? '', 'kernels')).catch(() => []);
}

async function leftOf({ env }: TestContext): Promise<readonly string[]> {
  return readdir(join(env['BASEPOINT_CACHE'] ?? '', 'partial'));
}

describe('basepoint kernels build', () => {
  it('builds a tree by path, the same bytes each time, and not twice', async () => {
    await using folder = await temporaryFolder();
    const context = await builderHome(folder.path);
    await kernelTree(folder.path);
    const built = await build(context, '--source', 'tree');
    expect(built).toMatchObject({
      ...{ code: 0, err: 'reading the source tree\nconfiguring\ncompiling\n' },
    });
    expect(built.out).toMatch(
      /^own: built in \d+ s, vmlinux of 0 KiB, sha256 \w{64}, in .*\nuse it as: /,
    );
    const [key = ''] = await builtFolders(context);
    const stored = join(folder.path, 'cache/kernels', key);
    expect(await readFile(join(stored, 'vmlinux'), 'latin1')).toBe(
      `${elf().toString('latin1')}basepoint Thu Jan  1 00:00:00 UTC 2026\n`,
    );
    expect(await readFile(join(stored, 'config'), 'utf8')).toBe('CONFIG_PVH=y\n');
    expect((await readdir(stored)).sort()).toEqual(
      ['System.map', 'bzImage', 'config', 'manifest.json', 'vmlinux'].sort(),
    );

    const again = await build(context, '--source', 'tree');
    expect(again).toMatchObject({ code: 0, err: 'reading the source tree\n' });
    expect(again.out).toContain('own: already built');
    expect(await leftOf(context)).toEqual([]);
  });

  it('leaves nothing of a build that was interrupted, neither files nor processes', async () => {
    await using folder = await temporaryFolder();
    const interrupt = new AbortController();
    // Found on the command line of what compiles, and on no other.
    const slow = 97.0317;
    const context = { ...(await builderHome(folder.path)), signal: interrupt.signal };
    await kernelTree(folder.path, { secondsAnObject: slow });
    const building = build(context, '--source', 'tree');
    const compiling = () => processesWith(String(slow));
    expect(await eventually(async () => (await compiling()).length > 0, 20_000)).toBe(true);
    interrupt.abort(new Error('interrupted'));
    expect((await building).code).toBe(130);
    expect(await builtFolders(context)).toEqual([]);
    expect(await leftOf(context)).toEqual([]);
    expect(await eventually(async () => (await compiling()).length === 0, 5000)).toBe(true);
  });

  it('says what make said when it fails, and leaves nothing', async () => {
    await using folder = await temporaryFolder();
    const context = await builderHome(folder.path);
    await kernelTree(folder.path, { broken: true });
    const { code, err } = await build(context, '--source', 'tree');
    expect(code).toBe(3);
    expect(err).toMatch(/make bzImage failed:\n(.*\n)*.*no rule for this/);
    expect(err).not.toContain('  CC ');
    expect(await builtFolders(context)).toEqual([]);
    expect(await leftOf(context)).toEqual([]);
  });

  it('refuses where an option of the fragment was lost', async () => {
    await using folder = await temporaryFolder();
    const context = await builderHome(folder.path, `${fragment}CONFIG_LOST=y  # for the test\n`);
    await kernelTree(folder.path);
    const { code, err } = await build(context, '--source', 'tree');
    expect(code).toBe(3);
    expect(err).toContain('does not take all of kernels/own/fragment.config');
    expect(err).toContain('  CONFIG_LOST is n, not y');
  });

  it('refuses a fragment without reasons, a folder without a kernel, and a guest that is fetched', async () => {
    await using folder = await temporaryFolder();
    const context = await builderHome(folder.path, 'CONFIG_PVH=y\n');
    expect(await build(context)).toMatchObject({
      code: 2,
      err: 'basepoint: kernels/own/fragment.config:1:1: CONFIG_PVH has no reason behind a "#"\n',
    });
    await writeFile(join(folder.path, 'kernels/own/fragment.config'), fragment);
    expect((await build(context, '--source', 'kernels')).err).toContain('has no Kbuild');
    expect(await main(['kernels', 'fetch', 'own'], context)).toBe(2);
  });

  it('names every package it needs and the command that installs them', async () => {
    await using folder = await temporaryFolder();
    const context = await builderHome(folder.path);
    const env = { ...context.env, PATH: join(folder.path, 'kernels') };
    const { code, err } = await build({ ...context, env });
    expect(code).toBe(3);
    expect(err).toContain('apt-get install gcc binutils make flex bison bc perl xz-utils lz4\n');
  });
});

describe('the progress of a build', () => {
  it('has a bar, a part and the time left', () => {
    expect(buildLine(0, undefined)).toBe('compiling [..............................] 0 %');
    expect(buildLine(0.5, 61_000)).toBe(
      'compiling [###############...............] 50 %, 1 min 1 s left',
    );
  });
});

describe('the fragment of kernels/optimized', () => {
  it('has a reason on each line, and what the tiers need', async () => {
    const text = await readFile(join(home, 'kernels/optimized/fragment.config'), 'utf8');
    const lines = parseFragment(text, 'fragment.config');
    const on = lines.filter(({ value }) => value === 'y').map(({ name }) => name);
    expect(on).toEqual(
      expect.arrayContaining([
        ...['CONFIG_PVH', 'CONFIG_HW_RANDOM_VIRTIO', 'CONFIG_VMGENID', 'CONFIG_EARLY_PRINTK'],
        ...['CONFIG_SERIAL_8250', 'CONFIG_X86_IOPL_IOPERM', 'CONFIG_VIRTIO_MMIO'],
      ]),
    );
  });
});
