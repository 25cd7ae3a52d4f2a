import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { testContext, temporaryFolder } from './support/context.js';
import { basepoint, fakeScenario, samplesOf } from './support/fake-scenario.js';
import { eventually } from './support/processes.js';

async function templateFolder(folder: string): Promise<string> {
  const templates = join(folder, 'cache/templates');
  const [key = ''] = await readdir(templates);
  return join(templates, key);
}

describe('run', () => {
  it('writes the run, its samples, summary, charts and report', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: 'fake.ready=2' }]);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(0);
    const out = join(folder.path, 'out');
    expect((await readdir(out)).sort()).toEqual(
      [
        'charts',
        'logs',
        'report.html',
        'report.md',
        'run.json',
        'samples.csv',
        'summary.csv',
      ].sort(),
    );
    const samples = await samplesOf(out);
    expect(samples.map(({ phase }) => phase)).toEqual([
      'warmup',
      'warmup',
      'measure',
      'measure',
      'measure',
      'measure',
      'measure',
      'measure',
    ]);
    expect(samples.every(({ state }) => state === 'ok')).toBe(true);
    expect(samples.map(({ order }) => Number(order))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as { state: string };
    expect(record.state).toBe('complete');
    expect((await stat(join(out, 'charts/ladder.png'))).size).toBeGreaterThan(5000);
    expect(context.stdout.text).toContain('restore  tiny');
  });

  it('marks failed starts as failed, logs them, and leaves them out of the figures', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(
      folder.path,
      [{ orders: 'fake.fail=1/2', tiers: 'cold' }],
      'runs: 40\nwarmup: 0\ntimeout: 2s',
    );
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(0);
    const samples = await samplesOf(join(folder.path, 'out'));
    const failed = samples.filter(({ state }) => state === 'failed');
    expect(samples).toHaveLength(40);
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(35);
    for (const sample of failed) {
      expect(sample['failure']).toMatch(/code 7 before mark "ready": .*by chance/);
      expect(sample['ready_ms']).toBe('');
    }
    expect(await readdir(join(folder.path, 'out/logs'))).toHaveLength(failed.length);
    const report = await readFile(join(folder.path, 'out/report.md'), 'utf8');
    expect(report).toContain(`${failed.length} of 40 starts failed`);
    expect(context.stdout.text).toContain(`${failed.length} of 40 starts failed`);
  });

  it('exits 3 when a cell has no start that succeeded, and goes on with the others', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [
      { orders: 'fake.exit=1', tiers: 'cold' },
      { orders: 'fake.ready=1', tiers: 'cold' },
    ]);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.filter(({ state }) => state === 'ok')).toHaveLength(4);
    expect(context.stderr.text).toMatch(/no start succeeded/);
  });

  it('takes --runs, --only and --seed over the file', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    const args = ['--runs', '2', '--only', 'restore', '--seed', '7', '--out', 'out'];
    expect(await basepoint(context, 'run', scenario, ...args)).toBe(0);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.map(({ tier, phase }) => `${tier ?? ''} ${phase ?? ''}`)).toEqual([
      'restore warmup',
      'restore measure',
      'restore measure',
    ]);
  });

  it('ends when its medians are known as well as asked, and says so in its record', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(
      folder.path,
      [{ orders: 'fake.ready=300' }],
      'until: { relative_ci: 1, min: 7, max: 60 }\nwarmup: 0',
    );
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(0);
    const out = join(folder.path, 'out');
    expect(await samplesOf(out)).toHaveLength(14);
    const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      state: 'complete',
      plannedStarts: 14,
      cells: [{ runs: 60, sampling: { kind: 'until', min: 7 } }, {}],
      stops: [{ scenario: 'fake', because: 'converged', rounds: 7, open: [] }],
    });
    expect(context.stdout.text).toContain('fake: ended after 7 rounds, because every median is');
  });

  it('starts warm and cold page caches beside one another', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    const text = await readFile(scenario, 'utf8');
    await writeFile(scenario, `${text}    pageCache: [warm, cold]\n`);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(0);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.filter(({ state }) => state === 'ok')).toHaveLength(16);
    expect(new Set(samples.map(({ cell }) => cell?.split('/').at(-1)))).toEqual(
      new Set(['warm-cache', 'cold-cache']),
    );
  });

  it('refuses a folder that is not empty, and writes nothing into it', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    expect(await basepoint(context, 'run', scenario, '--out', '.')).toBe(2);
    expect(context.stderr.text).toMatch(/exists and is not empty\n$/);
    expect(await readdir(folder.path)).not.toContain('run.json');
  });

  it('keeps what was measured when it is interrupted, and exits 130', async () => {
    await using folder = await temporaryFolder();
    const interrupt = new AbortController();
    const context = testContext(folder.path, interrupt.signal);
    const scenario = await fakeScenario(
      folder.path,
      [{ orders: 'fake.ready=20', tiers: 'cold' }],
      'runs: 500\nwarmup: 0',
    );
    const running = basepoint(context, 'run', scenario, '--out', 'out');
    const out = join(folder.path, 'out');
    const sampled = async () => {
      const text = await readFile(join(out, 'samples.csv'), 'utf8').catch(() => '');
      return text.split('\n').length > 4;
    };
    expect(await eventually(sampled, 20_000)).toBe(true);
    interrupt.abort(new Error('interrupted'));
    expect(await running).toBe(130);
    const samples = await samplesOf(out);
    expect(samples.length).toBeGreaterThan(1);
    expect(samples.length).toBeLessThan(500);
    expect(samples.every(({ state }) => state === 'ok')).toBe(true);
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('is interrupted');
  });

  it('exits 3 before it starts anything when KVM is asked for and cannot be had', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    expect(await basepoint(context, 'run', scenario, '--accel', 'kvm', '--out', 'out')).toBe(3);
    expect(context.stderr.text).toMatch(/without the accelerator "kvm"; give another with --qemu/);
    expect(await readdir(folder.path)).not.toContain('out');
  });
});

describe('a template', () => {
  it('is reused by the next run', async () => {
    await using folder = await temporaryFolder();
    const scenario = await fakeScenario(folder.path, [{ orders: '', tiers: 'restore' }]);
    await basepoint(testContext(folder.path), 'run', scenario, '--out', 'one');
    const manifest = join(await templateFolder(folder.path), 'manifest.json');
    const before = await readFile(manifest, 'utf8');
    await basepoint(testContext(folder.path), 'run', scenario, '--out', 'two');
    expect(await readFile(manifest, 'utf8')).toBe(before);
  });

  it.each([
    ['state file is cut short', 'state', /state file has 5 bytes, expected 12/],
    ['RAM file is missing', 'ram', /RAM file is missing/],
  ] as const)(
    'whose %s fails the sample, and is rebuilt by the next run',
    async (_what, file, failure) => {
      await using folder = await temporaryFolder();
      const context = testContext(folder.path);
      const scenario = await fakeScenario(
        folder.path,
        [{ orders: 'fake.ready=30', tiers: 'restore' }],
        'runs: 20\nwarmup: 0',
      );
      const running = basepoint(context, 'run', scenario, '--out', 'one');
      const samples = join(folder.path, 'one/samples.csv');
      while (!(await readFile(samples, 'utf8').catch(() => '')).includes(',ok,')) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const path = join(await templateFolder(folder.path), file);
      await (file === 'ram' ? rm(path) : truncate(path, 5));
      expect(await running).toBe(0);
      const failed = (await samplesOf(join(folder.path, 'one'))).filter(
        ({ state }) => state === 'failed',
      );
      expect(failed.length).toBeGreaterThan(0);
      // The start under way when it happened may fail in QEMU's own words.
      for (const sample of failed.slice(1)) expect(sample['failure']).toMatch(failure);

      const again = testContext(folder.path);
      expect(await basepoint(again, 'run', scenario, '--runs', '2', '--out', 'two')).toBe(0);
      const second = await samplesOf(join(folder.path, 'two'));
      expect(second.map(({ state }) => state)).toEqual(['ok', 'ok']);
    },
  );

  it('that cannot be made fails its cell with what QEMU said, and leaves no half of one', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [
      { orders: 'fake.do=no-save', tiers: 'restore' },
    ]);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    const because = /cannot make a template: QEMU could not save/;
    expect(context.stderr.text).toMatch(because);
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'failed']);
    for (const sample of samples) expect(sample['failure']).toMatch(because);
    expect(await readdir(join(folder.path, 'cache/templates')).catch(() => [])).toEqual([]);
    expect(await readdir(join(folder.path, 'cache/partial'))).toEqual([]);
  });

  it('lives in a cache that is ours alone: a folder open to others is refused', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    await basepoint(context, 'plan', scenario);
    const cache = join(folder.path, 'cache');
    expect((await stat(cache)).mode & 0o777).toBe(0o700);
    const { chmod } = await import('node:fs/promises');
    await chmod(cache, 0o755);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(3);
    expect(context.stderr.text).toMatch(/open to other users/);
  });
});

describe('report', () => {
  it('makes everything again from the samples', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const scenario = await fakeScenario(folder.path, [{ orders: '' }]);
    await basepoint(context, 'run', scenario, '--out', 'out');
    const summary = join(folder.path, 'out/summary.csv');
    const before = await readFile(summary, 'utf8');
    await rm(join(folder.path, 'out/charts'), { recursive: true });
    await writeFile(summary, 'gone');
    expect(await basepoint(context, 'report', 'out')).toBe(0);
    expect(await readFile(summary, 'utf8')).toBe(before);
    expect(await readdir(join(folder.path, 'out/charts'))).toContain('ladder.png');
  });

  it('exits 3 for a folder that is no run', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    expect(await basepoint(context, 'report', '.')).toBe(3);
    expect(context.stderr.text).toMatch(/is no run that can be read/);
  });
});
