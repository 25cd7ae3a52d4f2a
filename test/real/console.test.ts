import { copyFile, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readGuests } from '../../src/parse/guests.js';
import { Cache } from '../../src/prepare/cache.js';
import { readyGuest } from '../../src/prepare/guest.js';
import { modulesOf } from '../../src/prepare/initramfs.js';
import { consoleInitramfs, rootDisk } from '../support/console-guest.js';
import { home, temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { processesWith } from '../support/processes.js';

const minutes = 60_000;
const shared = join(homedir(), '.cache/basepoint');
const ready = (line: string) =>
  `{ console: '${line}', send: "say {nonce}\\n", answer: '^heard {nonce}' }`;

/** The downloads are shared by all runs of the tests; everything else is made anew. */
async function prepared(folder: string) {
  const context = testContext(folder);
  await mkdir(join(folder, 'cache'), { recursive: true, mode: 0o700 });
  for (const kind of ['kernels', 'modules']) {
    await mkdir(join(shared, kind), { recursive: true });
    await symlink(join(shared, kind), join(folder, 'cache', kind));
  }
  const cache = await Cache.open(context);
  const guests = await readGuests(home);
  const debian = guests.find(({ name }) => name === 'debian-cloud');
  if (debian === undefined) throw new Error('no debian-cloud');
  const virtio = debian.modules.filter((file) => file.includes('/virtio/'));
  const block = virtio[0]?.replace('virtio/virtio.ko', 'block/virtio_blk.ko') ?? '';
  const { kernel } = await readyGuest(
    { kind: 'declared', name: debian.name },
    guests,
    cache,
    context,
  );
  return {
    ...{ context, kernel },
    modules: () => modulesOf({ ...debian, modules: [...virtio, block] }, cache, context),
  };
}

async function run(
  folder: string,
  context: ReturnType<typeof testContext>,
  runs: number,
  entries: readonly string[],
) {
  const scenario = join(folder, 'own.yaml');
  const matrix = entries.map(
    (entry) => `  - { ${entry}, accel: tcg, machine: pc, memory: 128M }\n`,
  );
  await writeFile(scenario, `name: own\nruns: ${runs}\nwarmup: 0\nmatrix:\n${matrix.join('')}`);
  const code = await basepoint(context, 'run', scenario, '--out', 'out');
  expect(code, context.stderr.text).toBe(0);
  expect(await processesWith(folder)).toEqual([]);
  const samples = await samplesOf(join(folder, 'out'));
  expect(samples.map(({ failure }) => failure).filter(Boolean)).toEqual([]);
  return samples;
}

describe('a real guest with an initramfs of its own', () => {
  it('boots, is restored and forked, and answers each time', { timeout: 4 * minutes }, async () => {
    await using folder = await temporaryFolder();
    const { context, kernel } = await prepared(folder.path);
    const initramfs = await consoleInitramfs(folder.path);
    const guest = `{ name: own, kernel: ${kernel}, initramfs: ${initramfs}, ready: ${ready('^own guest: up$')} }`;
    const samples = await run(folder.path, context, 2, [
      `guest: ${guest}, tier: [cold, restore, fork, fork-loaded]`,
    ]);
    expect(samples).toHaveLength(8);
    for (const { tier, ends, inside_ready_ms: inside } of samples) {
      expect(ends).toBe('answer');
      expect((inside ?? '') !== '', `${tier} ${inside}`).toBe(tier?.startsWith('fork'));
    }
  });
});

describe('a real guest with a root disk of its own', () => {
  it(
    'reads it in clones, and writes to its own layer alone',
    { timeout: 5 * minutes },
    async () => {
      await using folder = await temporaryFolder();
      const { context, kernel, modules } = await prepared(folder.path);
      const initramfs = await consoleInitramfs(folder.path, await modules());
      const disk = await rootDisk(folder.path);
      const before = createHash('sha256')
        .update(await readFile(disk))
        .digest('hex');
      const other = join(folder.path, 'other, with a comma.ext4');
      await copyFile(disk, other);
      const guestWith = (name: string, path: string, mode: string, line: string) =>
        `guest: { name: ${name}, kernel: ${kernel}, initramfs: ${initramfs}, disk: { path: "${path}", mode: ${mode} }, ready: ${ready(line)} }, kernelArguments: mounts`;
      const samples = await run(folder.path, context, 1, [
        `${guestWith('reader', disk, 'readonly', '^own guest: up on a root that takes nothing$')}, tier: [cold, fork-loaded]`,
        // Each boot finds the disk as it was: "used" would be another guest's writing.
        `${guestWith('writer', other, 'overlay', '^own guest: up on a new root$')}, tier: [cold, restore]`,
      ]);
      expect(samples).toHaveLength(4);
      expect(
        createHash('sha256')
          .update(await readFile(disk))
          .digest('hex'),
      ).toBe(before);
      expect(
        createHash('sha256')
          .update(await readFile(other))
          .digest('hex'),
      ).toBe(before);
      expect((await stat(other)).size).toBe(8 * 2 ** 20);
    },
  );
});
