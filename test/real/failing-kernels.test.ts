import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { elf } from '../support/kernel-images.js';

/** The download is shared by all runs of the tests; everything else is made anew. */
async function shareDownloads(folder: string): Promise<void> {
  await mkdir(join(folder, 'cache'), { recursive: true, mode: 0o700 });
  await symlink(join(homedir(), '.cache/basepoint/kernels'), join(folder, 'cache/kernels'));
}

describe('a kernel that does not come up', () => {
  it('is a failed start that says why, and the run goes on', { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder();
    await shareDownloads(folder.path);
    const context = testContext(folder.path);
    const words = ['', 'rdinit=/none', 'rdinit=/none panic=0', '8250.nr_uarts=1'];
    const scenario = `name: failing
runs: 1
warmup: 0
timeout: 8s
matrix:
  - guest: debian-cloud
    tier: cold
    accel: tcg
    machine: pc
    memory: 128M
    kernelArguments: ${JSON.stringify(words)}
`;
    await writeFile(join(folder.path, 'failing.yaml'), scenario);
    expect(await basepoint(context, 'run', 'failing.yaml', '--out', 'out')).toBe(3);
    const samples = await samplesOf(join(folder.path, 'out'));
    const failureOf = (word: string) =>
      samples.find((sample) => sample['kernel_arguments'] === word)?.['failure'];
    expect(failureOf('')).toBe('');
    const panic = "the guest's kernel panicked: VFS: Unable to mount root fs";
    expect(failureOf('rdinit=/none')).toContain(panic);
    expect(failureOf('rdinit=/none panic=0')).toContain(
      `time limit of 8 s passed before mark "init": ${panic}`,
    );
    expect(failureOf('8250.nr_uarts=1')).toContain('the guest gave up: no second serial port');
    const logs = join(folder.path, 'out/logs');
    const texts = await Promise.all(
      (await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')),
    );
    expect(texts.filter((text) => text.includes('Kernel panic - not syncing'))).toHaveLength(2);
  });
});

describe('a template whose kernel panics', () => {
  it(
    'fails its cell with the words of the panic, and the run goes on',
    { timeout: 120_000 },
    async () => {
      await using folder = await temporaryFolder();
      await shareDownloads(folder.path);
      const context = testContext(folder.path);
      const scenario = `name: failing
runs: 1
warmup: 0
timeout: 20s
matrix:
  - { guest: debian-cloud, tier: [restore, fork], accel: tcg, machine: pc, memory: 128M, kernelArguments: rdinit=/none }
  - { guest: tiny, tier: restore, accel: tcg, memory: 32M }
`;
      await writeFile(join(folder.path, 'failing.yaml'), scenario);
      expect(await basepoint(context, 'run', 'failing.yaml', '--out', 'out')).toBe(3);
      const out = join(folder.path, 'out');
      const samples = await samplesOf(out);
      const panic = "the guest's kernel panicked: VFS: Unable to mount root fs";
      const failed = samples.filter(({ guest }) => guest === 'debian-cloud');
      expect(failed.map(({ tier }) => tier).sort()).toEqual(['fork', 'restore']);
      for (const { failure } of failed) expect(failure).toContain(panic);
      expect(samples.find(({ guest }) => guest === 'tiny')?.['state']).toBe('ok');
      const logs = await readdir(join(out, 'logs'));
      const texts = await Promise.all(
        logs.map((file) => readFile(join(out, 'logs', file), 'utf8')),
      );
      for (const text of texts) expect(text).toContain('Kernel panic - not syncing');
    },
  );
});

describe('a kernel that cannot be started', () => {
  it.each([
    [
      'for another machine',
      elf({ machine: 183 }),
      'is for another machine: ELF class 2, machine 183',
    ],
    ['without a PVH note', elf({ notes: [] }), 'has no PVH entry note: build it with CONFIG_PVH=y'],
    ['that is text', Buffer.from('#!/bin/sh\n'), 'is no x86 kernel: neither an ELF image'],
  ])('%s is refused with a sentence that says so', async (_, image, sentence) => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    await writeFile(join(folder.path, 'image'), image);
    const scenario = 'name: x\nmatrix:\n  - { guest: { kernel: image }, tier: cold, accel: tcg }\n';
    await writeFile(join(folder.path, 'x.yaml'), scenario);
    expect(await basepoint(context, 'run', 'x.yaml', '--runs', '1', '--out', 'out')).toBe(3);
    expect(context.stderr.text).toContain(sentence);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.every(({ failure = '' }) => failure.includes(sentence))).toBe(true);
  });
});
