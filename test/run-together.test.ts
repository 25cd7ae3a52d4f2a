import { execa } from 'execa';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readDensity, type DensityRecord } from '../src/results/density.js';
import { home, temporaryFolder, testContext } from './support/context.js';
import { basepoint, fakeScenario, samplesOf, type FakeCell } from './support/fake-scenario.js';
import { processesWith } from './support/processes.js';

interface Ran {
  readonly code: number;
  readonly said: string;
  readonly samples: readonly Record<string, string>[];
  readonly density: readonly DensityRecord[];
  readonly html: string;
}

async function run(cell: FakeCell, head: string): Promise<Ran> {
  await using folder = await temporaryFolder();
  const context = testContext(folder.path);
  const scenario = await fakeScenario(folder.path, [cell], head);
  const code = await basepoint(context, 'run', scenario, '--out', 'out');
  // The firmware's path is on every command line of this run.
  expect(await processesWith(folder.path)).toEqual([]);
  return { code, said: context.stdout.text, ...(await resultsOf(join(folder.path, 'out'))) };
}

async function resultsOf(out: string) {
  const density = await readFile(join(out, 'density.csv'), 'utf8').catch(() => '');
  return {
    samples: await samplesOf(out),
    density: readDensity(density),
    html: await readFile(join(out, 'report.html'), 'utf8'),
  };
}

/** Where root makes cgroups of version 1 with a limit on memory. */
const memoryCgroup = ['/sys/fs/cgroup/memory'].find((folder) => {
  try {
    accessSync(join(folder, 'memory.limit_in_bytes'), constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
});

const head = 'runs: 2\nwarmup: 1\ntimeout: 5s';

describe('a burst', () => {
  it('starts its VMs at the same instant: one row each, none waits for another to end', async () => {
    const knobs = ['concurrency: 4'];
    const { code, samples, said, html } = await run({ orders: 'fake.ready=300', knobs }, head);
    expect(code).toBe(0);
    expect(samples).toHaveLength(2 * 3 * 4);
    expect(samples.every(({ state }) => state === 'ok')).toBe(true);
    const members = samples.map(({ member }) => Number(member));
    expect(members).toEqual(Array.from({ length: 24 }, (_, index) => (index % 4) + 1));
    // One after another the last would be ready after 1200 ms.
    const ready = samples.map(({ ready_ms: ms }) => Number(ms));
    expect(Math.min(...ready)).toBeGreaterThanOrEqual(300);
    expect(Math.max(...ready)).toBeLessThan(1000);
    expect(said).toMatch(/^Bursts$/m);
    expect(html).toContain('Many at once');
  });

  it('that loses some of its VMs loses those alone', async () => {
    const cell = { orders: 'fake.fail=1/2', tiers: 'cold', knobs: ['concurrency: 10'] };
    const { code, samples, said } = await run(cell, head);
    expect(code).toBe(0);
    const failed = samples.filter(({ state }) => state === 'failed');
    expect(samples).toHaveLength(30);
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(27);
    expect(said).toContain('starts failed');
  });
});

describe('VMs kept alive', () => {
  const alive = (count: number, orders = ''): FakeCell => ({
    ...{ orders, tiers: 'cold', knobs: [`alive: ${count}`] },
  });

  it('are looked at together and then end; the step has a row that sums them up', async () => {
    const { code, samples, density, said, html } = await run(alive(5), 'runs: 1\nwarmup: 1');
    expect(code).toBe(0);
    expect(samples.map(({ phase }) => phase)).toEqual([
      'warmup',
      ...Array<string>(5).fill('measure'),
    ]);
    const measured = samples.slice(1);
    // The last one came and the host settled before the first one was told to end.
    for (const row of measured)
      expect(Number(row['exit_ms']) - Number(row['work_ms'])).toBeGreaterThan(250);
    expect(density).toHaveLength(1);
    const [row = {}] = density;
    expect(row).toMatchObject({ asked: '5', started: '5', alive: '5', ended_because: '' });
    const sum = measured.reduce((total, one) => total + Number(one['private_dirty_kib']), 0);
    expect(Number(row['private_dirty_kib'])).toBe(sum);
    // Pages of one program in five processes are divided among them.
    expect(Number(row['pss_kib'])).toBeLessThan(Number(row['rss_kib']));
    expect(Number(row['page_tables_kib'])).toBeGreaterThan(0);
    expect(row['kernel_kib'] === '').toBe(row['kernel_unknown_because'] !== '');
    expect(said).toMatch(/^Density$/m);
    expect(html).toContain('VMs alive at once');
  });

  it('are no more than leave the host its reserve, and the row says so', async () => {
    const reserve = 'runs: 1\nwarmup: 0\nmemoryReserve: 900000G';
    const { code, samples, density } = await run(alive(3), reserve);
    expect(code).toBe(0);
    expect(samples).toEqual([]);
    expect(density).toMatchObject([{ asked: '3', started: '0', alive: '0' }]);
    expect(density[0]?.['ended_because']).toMatch(/^memory: \d+ MiB are available, and 921600000/);
  });

  it.runIf(memoryCgroup !== undefined)(
    "are no more than leave the cgroup's limit its reserve, and the row says so",
    async () => {
      await using folder = await temporaryFolder();
      const cgroup = join(memoryCgroup ?? '', `basepoint-test-${process.pid}`);
      const scenario = await fakeScenario(folder.path, [alive(5)], 'runs: 1\nwarmup: 0');
      await mkdir(cgroup);
      try {
        await writeFile(join(cgroup, 'memory.limit_in_bytes'), '400M');
        const enter = `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`;
        const program = [process.execPath, join(home, 'dist/bin.js')];
        const args = ['-c', enter, 'sh', ...program, 'run', scenario, '--out', 'out'];
        const env = { BASEPOINT_CACHE: join(folder.path, 'cache') };
        const ended = await execa('sh', args, { cwd: folder.path, env, reject: false });
        expect(ended.exitCode, ended.stderr).toBe(0);
        const { density } = await resultsOf(join(folder.path, 'out'));
        expect(density[0]?.['ended_because']).toMatch(
          /^memory: \d+ MiB are left of the cgroup's limit, and 1024 MiB are to stay so/,
        );
        expect(await processesWith(folder.path)).toEqual([]);
        expect((await readdir(cgroup)).filter((name) => name.startsWith('basepoint'))).toEqual([]);
      } finally {
        await rmdir(cgroup);
      }
    },
  );

  it('end their step where one cannot be started; those before it are told of', async () => {
    const { code, samples, density } = await run(alive(200, 'fake.fail=1/8'), 'runs: 1\nwarmup: 0');
    expect(code).toBe(0);
    const [row = {}] = density;
    const [started, lived] = [Number(row['started']), Number(row['alive'])];
    expect(lived).toBe(started - 1);
    expect(samples).toHaveLength(started);
    expect(samples.filter(({ state }) => state === 'failed')).toHaveLength(1);
    expect(row['ended_because']).toMatch(/code 7 before mark "ready"/);
  });

  it.runIf(process.getuid?.() === 0)(
    'end their step where the user may have no more processes, and leave none behind',
    async () => {
      await using folder = await temporaryFolder();
      await chmod(folder.path, 0o777);
      const scenario = await fakeScenario(folder.path, [alive(60)], 'runs: 1\nwarmup: 0');
      // Threads count: Node.js has about a dozen. Root would be exempt.
      const user = ['--reuid=54321', '--regid=54321', '--clear-groups'];
      // The program may lie in a folder of root's alone, as a clone in a temporary folder does.
      const reads = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
      const program = ['prlimit', '--nproc=40', process.execPath, join(home, 'dist/bin.js')];
      const args = [...user, ...reads, ...program, 'run', scenario, '--out', 'out'];
      const env = { BASEPOINT_CACHE: join(folder.path, 'cache'), HOME: folder.path };
      const ended = await execa('setpriv', args, { cwd: folder.path, env, reject: false });
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(await processesWith(folder.path)).toEqual([]);
      const { density } = await resultsOf(join(folder.path, 'out'));
      const [row = {}] = density;
      expect(row['ended_because']).toMatch(/EAGAIN|Resource temporarily unavailable/);
      expect(Number(row['alive'])).toBeGreaterThan(5);
      expect(Number(row['alive'])).toBeLessThan(40);
    },
  );
});
