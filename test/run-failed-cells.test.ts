import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { RunRecord } from '../src/results/record.js';
import { fakeQemu, temporaryFolder, testContext } from './support/context.js';
import { basepoint, fakeScenario, samplesOf } from './support/fake-scenario.js';
import { elf } from './support/kernel-images.js';

const good = { orders: 'fake.ready=1' };

async function recordOf(out: string): Promise<RunRecord> {
  return JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as RunRecord;
}

/** A fake QEMU that leaves a line for each template of a hanging guest that is begun. */
async function countingQemu(
  folder: string,
): Promise<{ path: string; tried: () => Promise<number> }> {
  const [path, lines] = [join(folder, 'counting-qemu'), join(folder, 'tried')];
  const count = `case "$*" in *fake.do=hang*) echo . >> ${lines};; esac`;
  await writeFile(path, `#!/bin/sh\n${count}\nexec ${fakeQemu} "$@"\n`);
  await chmod(path, 0o755);
  const tried = async () => (await readFile(lines, 'utf8').catch(() => '')).length / 2;
  return { path, tried };
}

describe('a cell that cannot be prepared', () => {
  it.each([
    [
      'because its template panics',
      'fake.do=panic',
      "cannot make a template, because the guest did not come to its base point: QEMU exited with code 0: the guest's kernel panicked: fake",
      'console:\nKernel panic - not syncing: fake',
    ],
    [
      'because its template hangs',
      'fake.do=hang',
      'cannot make a template, because the guest did not come to its base point: time limit of 1 s passed',
      'fake.do=hang',
    ],
  ])('fails %s, and the others go on', async (_, orders, failure, evidence) => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const cells = [{ orders, tiers: 'restore' }, good];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 3\nwarmup: 1\ntimeout: 1s');
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    const out = join(folder.path, 'out');
    const samples = await samplesOf(out);
    expect(samples.map(({ order }) => Number(order))).toEqual(samples.map((_, index) => index + 1));
    const failed = samples.filter((sample) => sample['kernel_arguments'] === orders);
    expect(failed.map((sample) => sample['failure'])).toEqual(Array(4).fill(failure));
    expect(failed.map((sample) => sample['ready_ms'])).toEqual(['', '', '', '']);
    expect(samples.filter(({ state }) => state === 'ok')).toHaveLength(8);

    const [cell = ''] = failed.map((sample) => sample['cell']);
    const log = `${cell.replaceAll(/[^\w.-]+/g, '-')}-${failed[0]?.['order'] ?? ''}.log`;
    expect(await readFile(join(out, 'logs', log), 'utf8')).toContain(evidence);
    const { cells: recorded } = await recordOf(out);
    expect(recorded.map((one) => one.failure)).toEqual([failure, undefined, undefined]);
    expect(recorded[0]?.kernelSha256).toBe(recorded[1]?.kernelSha256);
    expect(context.stderr.text).toContain(`${cell}: no start succeeded`);
    const report = await readFile(join(out, 'report.md'), 'utf8');
    expect(report).toContain(`3 of 3 starts failed: 3 x "${failure}"`);
    expect(report).toMatch(
      /\| restore \| tiny \|[^|]+\|[^|]+\|[^|]+\|[^|]+\| 0 \| 3 \| - \| - \| - \| - \|/,
    );
  });

  it.each(['kernel: gone', 'kernel: there, initramfs: gone'])(
    'is refused before the run where its file is not there (%s)',
    async (files) => {
      await using folder = await temporaryFolder();
      const context = testContext(folder.path);
      await writeFile(join(folder.path, 'there'), elf());
      const lost = { orders: '', tiers: 'cold', guest: `{ ${files}, name: mine }` };
      const scenario = await fakeScenario(folder.path, [good, lost]);
      for (const command of [['plan'], ['run', '--out', 'out']]) {
        context.stderr.text = '';
        expect(await basepoint(context, ...command, scenario)).toBe(2);
        expect(context.stderr.text).toMatch(
          /^basepoint: .*fake\.yaml:\d+:\d+: the (kernel|initramfs) of guest "mine" cannot be read: ENOENT.*\n$/,
        );
      }
      expect(await readdir(folder.path)).not.toContain('out');
    },
  );

  it('fails because of its image, with a sentence that says what is wrong with it', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const images = {
      foreign: [elf({ machine: 183 }), 'is for another machine: ELF class 2, machine 183'],
      entryless: [elf({ notes: [] }), 'has no PVH entry note: build it with CONFIG_PVH=y'],
      text: [Buffer.from('#!/bin/sh\n'), 'is no x86 kernel: neither an ELF image nor a bzImage'],
    } as const;
    for (const [name, [bytes]] of Object.entries(images)) {
      await writeFile(join(folder.path, name), bytes);
    }
    const broken = Object.keys(images).map((name) => ({
      orders: '',
      tiers: 'cold',
      guest: `{ kernel: ${name}, name: ${name} }`,
    }));
    const scenario = await fakeScenario(folder.path, [...broken, good]);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    const samples = await samplesOf(join(folder.path, 'out'));
    for (const [name, [, sentence]] of Object.entries(images)) {
      const own = samples.filter(({ guest }) => guest === name);
      expect(own.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'failed']);
      for (const sample of own) expect(sample['failure']).toContain(sentence);
    }
    expect(samples.filter(({ state }) => state === 'ok')).toHaveLength(8);
    expect(await basepoint(context, 'report', 'out')).toBe(0);
    expect(await readdir(join(folder.path, 'out'))).toContain('report.html');
  });

  it('is tried once in a run, however many cells and starts need it, and not again when resumed', async () => {
    await using folder = await temporaryFolder();
    const { path: qemu, tried } = await countingQemu(folder.path);
    const cells = [
      { orders: 'fake.do=hang', tiers: 'restore', qemu, knobs: ['pageCache: [warm, cold]'] },
      good,
    ];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 3\nwarmup: 1\ntimeout: 1s');
    expect(await basepoint(testContext(folder.path), 'run', scenario, '--out', 'out')).toBe(3);
    expect(await tried()).toBe(1);
    const out = join(folder.path, 'out');
    const before = await samplesOf(out);
    const lines = (await readFile(join(out, 'samples.csv'), 'utf8')).split('\n');
    await writeFile(join(out, 'samples.csv'), `${lines.slice(0, 6).join('\n')}\n`);
    const record = await recordOf(out);
    await writeFile(
      join(out, 'run.json'),
      JSON.stringify({
        ...record,
        state: 'interrupted',
        stops: undefined,
        samplesSha256: undefined,
      }),
    );
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(3);
    expect(await tried()).toBe(1);
    const states = (rows: typeof before) =>
      rows.map(({ cell = '', state = '', failure = '' }) => [cell, state, failure]);
    expect(states(await samplesOf(out))).toEqual(states(before));
  });

  it('does not hold up those that are sampled until they are known', async () => {
    await using folder = await temporaryFolder();
    const cells = [
      { orders: 'fake.do=panic', tiers: 'restore' },
      { orders: 'fake.ready=30', tiers: 'cold' },
    ];
    const head = 'until: { relative_ci: 1, min: 7, max: 60 }\nwarmup: 0\ntimeout: 2s';
    const scenario = await fakeScenario(folder.path, cells, head);
    expect(await basepoint(testContext(folder.path), 'run', scenario, '--out', 'out')).toBe(3);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.length).toBeLessThan(60);
    const { stops = [] } = await recordOf(join(folder.path, 'out'));
    expect(stops[0]?.open).toEqual([expect.stringContaining('restore')]);
  });

  it('is interrupted like any other', async () => {
    await using folder = await temporaryFolder();
    const interrupt = new AbortController();
    const context = testContext(folder.path, interrupt.signal);
    const cells = [{ orders: 'fake.do=hang', tiers: 'restore' }];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 3\nwarmup: 1\ntimeout: 60s');
    const running = basepoint(context, 'run', scenario, '--out', 'out');
    while (!context.stderr.text.includes('preparing template')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    interrupt.abort(new Error('interrupted'));
    expect(await running).toBe(130);
    expect(await readdir(folder.path)).not.toContain('out');
  });

  it('is another matter than an error that concerns all of them', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [good]);
    await basepoint(context, 'plan', scenario);
    await rm(join(folder.path, 'cache/templates'), { recursive: true, force: true });
    await writeFile(join(folder.path, 'cache/templates'), 'no folder');
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    expect(context.stderr.text).toMatch(/^basepoint: the cache .* cannot be written: .*\n$/m);
    expect(await readdir(folder.path)).not.toContain('out');
  });
});
