import { chmod, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { main } from '../src/main.js';
import { temporaryFolder, type TestContext } from './support/context.js';
import { declare, kernelHome } from './support/kernel-home.js';
import { elf } from './support/kernel-images.js';

/** Runs `basepoint kernels` and returns what it said. */
async function kernels(context: TestContext, ...args: readonly string[]) {
  context.stdout.text = '';
  context.stderr.text = '';
  const code = await main(['kernels', ...args], context);
  return { code, out: context.stdout.text, err: context.stderr.text };
}

async function cached(context: TestContext, file: string): Promise<string> {
  const folder = join(context.env['BASEPOINT_CACHE'] ?? '', 'kernels');
  const [key = ''] = await readdir(folder);
  return join(folder, key, file);
}

describe('basepoint kernels', () => {
  it('fetches a packaged kernel, once, and lists it', async () => {
    await using folder = await temporaryFolder();
    const context = await kernelHome(folder.path);
    const before = await kernels(context, 'list');
    expect(before.out).toContain('not fetched: is fetched when it is needed');

    const fetched = await kernels(context, 'fetch', 'mine', '--from', 'mine.deb');
    expect(fetched).toMatchObject({ code: 0, err: 'fetching linux-image-mine 1.0\n' });
    expect(await readFile(await cached(context, 'vmlinux'))).toEqual(elf());
    expect(await readFile(await cached(context, 'config'), 'utf8')).toBe('CONFIG_PVH=y\n');

    const again = await kernels(context, 'fetch', 'mine', '--from', 'mine.deb');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toContain('mine: already there, vmlinux of 0 KiB');
    const listed = JSON.parse((await kernels(context, 'list', '--json')).out) as unknown;
    expect(listed).toEqual([
      {
        ...{ name: 'mine', version: '1.0', source: 'linux-image-mine 1.0' },
        ...{ state: 'fetched', bytes: elf().length },
      },
    ]);
  });

  it('refuses a package that is not the pinned one, and leaves nothing', async () => {
    await using folder = await temporaryFolder();
    const context = await kernelHome(folder.path);
    await writeFile(join(folder.path, 'other.deb'), 'not it');
    const { code, err } = await kernels(context, 'fetch', 'mine', '--from', 'other.deb');
    expect(code).toBe(3);
    expect(err).toMatch(/other\.deb has sha256 \w{64}, expected \w{64} .*: it is not used/);
    expect(await readdir(join(folder.path, 'cache/partial'))).toEqual([]);
    expect((await kernels(context, 'list')).out).toContain('not fetched');
  });

  it('says what to do about a package that no mirror has any more', async () => {
    await using folder = await temporaryFolder();
    const context = await kernelHome(folder.path);
    const complaint = "E: Version '1.0' for 'linux-image-mine' was not found";
    await writeFile(join(folder.path, 'apt-get'), `#!/bin/sh\necho "${complaint}" >&2\nexit 100\n`);
    await chmod(join(folder.path, 'apt-get'), 0o755);
    const env = { ...context.env, PATH: `${folder.path}:${context.env['PATH'] ?? ''}` };
    const { code, err } = await kernels({ ...context, env }, 'fetch', 'mine');
    expect(code).toBe(3);
    expect(err).toContain(
      'linux-image-mine=1.0 is not offered by the package sources of this host',
    );
    expect(err).toContain('basepoint kernels fetch NAME --from FILE.deb');
  });

  it('verifies every byte, says which are wrong, and puts them right', async () => {
    await using folder = await temporaryFolder();
    const context = await kernelHome(folder.path);
    expect(await kernels(context, 'verify')).toMatchObject({ code: 0, out: 'mine: not fetched\n' });
    expect((await kernels(context, 'verify', 'mine')).code).toBe(3);
    await kernels(context, 'fetch', 'mine', '--from', 'mine.deb');
    expect(await kernels(context, 'verify', 'mine')).toMatchObject({
      ...{ code: 0, out: 'mine: whole, 3 files\n' },
    });

    const image = elf();
    image[image.length - 1] = 0xff;
    await writeFile(await cached(context, 'vmlinux'), image);
    const wrong = await kernels(context, 'verify');
    expect(wrong.code).toBe(3);
    expect(wrong.out).toMatch(/^mine: damaged: vmlinux has sha256 \w{64}, expected \w{64}; /);
    expect((await kernels(context, 'list')).out).toContain('damaged: vmlinux has');
    expect((await kernels(context, 'show', 'mine')).err).toContain('mine is damaged (vmlinux');

    expect((await kernels(context, 'fetch', 'mine', '--from', 'mine.deb')).code).toBe(0);
    expect((await kernels(context, 'verify')).code).toBe(0);
    await truncate(await cached(context, 'bzImage'), 10);
    expect((await kernels(context, 'verify')).out).toContain('bzImage has 10 bytes, expected');
  });

  it('shows a kernel, and what tells two apart', async () => {
    await using folder = await temporaryFolder();
    const configs = { a: 'CONFIG_PVH=y\nCONFIG_HZ=250\n', b: 'CONFIG_HZ=1000\n' };
    const context = await kernelHome(folder.path, configs);
    expect(await kernels(context, 'show', 'a')).toMatchObject({
      code: 3,
      err: 'basepoint: a is not fetched: basepoint kernels fetch a\n',
    });
    for (const name of ['a', 'b']) await kernels(context, 'fetch', name, '--from', `${name}.deb`);
    const { out } = await kernels(context, 'show', 'a');
    expect(out).toMatch(/^bzImage packed with +zstd$/m);
    expect(out).toMatch(/^options built in +1$/m);
    const both = await kernels(context, 'show', 'a', 'b');
    expect(both.out).toContain('option  a    b\n  HZ      250  1000');
    expect(both.out).toContain('1 only in a, built in:\n  PVH');
    const { difference } = JSON.parse((await kernels(context, 'show', 'a', 'b', '--json')).out) as {
      difference: unknown;
    };
    expect(difference).toMatchObject({ changed: [{ name: 'HZ', first: '250', second: '1000' }] });
  });

  it('knows the guests there are, and no others', async () => {
    await using folder = await temporaryFolder();
    const context = await kernelHome(folder.path);
    await declare(folder.path, 'none', "source: { build: tiny }\nversion: '1'");
    expect(await kernels(context, 'fetch', 'mien')).toMatchObject({
      code: 2,
      err: 'basepoint: unknown guest "mien" (did you mean "mine"?); known: mine, none\n',
    });
    expect((await kernels(context, 'fetch', 'mine', 'none', '--from', 'x')).err).toBe(
      'basepoint: --from goes with one guest\n',
    );
    expect((await kernels(context, 'frob')).code).toBe(2);
    expect((await kernels(context)).code).toBe(2);
  });
});
