import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { cgroupNames, processesOf } from '../../src/container/cgroups.js';
import { sweepContainers } from '../../src/container/home.js';
import { ContainerMaker, type ContainerProgram } from '../../src/container/maker.js';
import { sequences } from '../../src/measure/sequences.js';
import { startOnce } from '../../src/measure/start-once.js';
import type { Outcome } from '../../src/measure/sample.js';
import { Cache } from '../../src/prepare/cache.js';
import { findRuntimes, readyProgram } from '../../src/prepare/containers.js';
import { runtimeNames, type RuntimeName } from '../../src/tiers.js';
import { home, temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { eventually } from '../support/processes.js';

const limit = { timeout: 60_000 };

/** Folders and cgroups of containers that this process made. */
async function leftBy(pid: number): Promise<readonly string[]> {
  const names = [...(await readdir('/dev/shm')), ...(await cgroupNames())];
  return names.filter((name) => name.startsWith(`basepoint-${pid}-`));
}

async function makerOf(
  name: RuntimeName,
  folder: string,
  change: (program: ContainerProgram) => ContainerProgram = (program) => program,
): Promise<ContainerMaker> {
  const context = testContext(folder);
  const cache = await Cache.open(context);
  const found = (await findRuntimes([name], cache, context)).get(name);
  if (found?.state !== 'usable') throw new Error(found?.why);
  return ContainerMaker.create(found.runtime, change(await readyProgram(cache, context)), context);
}

function start(maker: ContainerMaker, timeoutMs = 10_000): Promise<Outcome> {
  const { name, version } = maker.runtime;
  return startOnce(
    {
      ...{
        tier: name,
        qemuVersion: version,
        workingSetMiB: 1,
        timeoutMs,
        identity: 'none',
        observeMs: 0,
        ramMiB: 0,
        traced: undefined,
      },
      proof: { nonce: 0n, counter: 1 },
      frames: 'long',
      prepare: () => maker.prepare(32),
    },
    sequences[name],
    new AbortController().signal,
  );
}

async function failureOf(maker: ContainerMaker, timeoutMs?: number): Promise<string> {
  const outcome = await start(maker, timeoutMs);
  return outcome.state === 'failed' ? outcome.failure : 'it did not fail';
}

describe('a run with containers', () => {
  it('has a proven sample of every start, and leaves nothing', limit, async () => {
    await using folder = await temporaryFolder();
    const scenario = join(folder.path, 'containers.yaml');
    const entry = '{ guest: tiny, tier: [crun, runc], memory: 32M, workingSet: 2M }';
    await writeFile(scenario, `name: few\nruns: 3\nwarmup: 1\nmatrix:\n  - ${entry}\n`);
    const context = testContext(folder.path);
    const out = join(folder.path, 'out');
    expect(await basepoint(context, 'run', scenario, '--out', out), context.stderr.text).toBe(0);
    const samples = await samplesOf(out);
    expect(samples.map(({ failure }) => failure)).toEqual(Array(8).fill(''));
    for (const sample of samples) {
      const at = (mark: string) => Number(sample[`${mark}_ms`]);
      expect(at('init')).toBeGreaterThan(0);
      expect(at('ready')).toBeGreaterThanOrEqual(at('init'));
      expect(at('exit')).toBeGreaterThan(at('work'));
      expect(sample['guest_id']).toMatch(/^[0-9a-f]{64}-0{16}-1$/);
      expect(Number(sample['private_dirty_kib'])).toBeGreaterThan(2048);
      expect(Number(sample['cpu_ms'])).toBeGreaterThan(0);
    }
    expect(new Set(samples.map((sample) => sample['guest_id'])).size).toBe(8);
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain("host's kernel");
    expect(await leftBy(process.pid)).toEqual([]);
  });
});

describe.each(runtimeNames)('a start by %s fails', (name) => {
  it("in the runtime's own words where the program is missing", limit, async () => {
    await using folder = await temporaryFolder();
    const wrong = (program: ContainerProgram) => ({ ...program, path: '/nothing' });
    await using maker = await makerOf(name, folder.path, wrong);
    const failure = await failureOf(maker);
    expect(failure).toContain(`${name} exited with code`);
    expect(failure).toContain('before mark "init"');
    expect(failure).toContain('/nothing');
    expect(await cgroupsOfThisProcess()).toEqual([]);
  });

  it('where the bundle has no root', limit, async () => {
    await using folder = await temporaryFolder();
    const wrong = (program: ContainerProgram) => ({ ...program, rootfs: '/nowhere/rootfs' });
    await using maker = await makerOf(name, folder.path, wrong);
    expect(await failureOf(maker)).toContain('/nowhere/rootfs');
    expect(await cgroupsOfThisProcess()).toEqual([]);
  });

  it('at the time limit where PID 1 says nothing and ignores that we hang up', limit, async () => {
    await using folder = await temporaryFolder();
    const rootfs = join(folder.path, 'rootfs');
    for (const point of ['proc', 'dev', 'sys'])
      await mkdir(join(rootfs, point), { recursive: true });
    await writeFile(join(folder.path, 'deaf.c'), 'int main(){for(;;)__builtin_ia32_pause();}\n');
    await execa('cc', ['-static', '-o', join(rootfs, 'init'), join(folder.path, 'deaf.c')]);
    await using maker = await makerOf(name, folder.path, (program) => ({ ...program, rootfs }));
    expect(await failureOf(maker, 1000)).toBe('time limit of 1 s passed before mark "init"');
    expect(await cgroupsOfThisProcess()).toEqual([]);
  });
});

async function cgroupsOfThisProcess(): Promise<readonly string[]> {
  return [...(await cgroupNames())].filter((name) => name.startsWith(`basepoint-${process.pid}-`));
}

describe('the harness, in the middle of a run with containers', () => {
  async function longRun(folder: string, out = 'out'): Promise<ChildProcess> {
    const scenario = join(folder, 'long.yaml');
    const entry = '{ guest: tiny, tier: [crun, runc], memory: 32M }';
    await writeFile(scenario, `name: long\nruns: 5000\nwarmup: 0\nmatrix:\n  - ${entry}\n`);
    await mkdir(join(folder, 'cache'), { mode: 0o700, recursive: true });
    const args = [join(home, 'dist/bin.js'), 'run', scenario, '--out', join(folder, out)];
    const env = { ...process.env, BASEPOINT_CACHE: join(folder, 'cache') };
    const harness = spawn(process.execPath, args, { env, stdio: 'ignore' });
    const path = join(folder, out, 'samples.csv');
    const sampled = async () =>
      (await readFile(path, 'utf8').catch(() => '')).split('\n').length > 6;
    expect(await eventually(sampled, 40_000)).toBe(true);
    return harness;
  }

  it('leaves nothing on SIGINT', limit, async () => {
    await using folder = await temporaryFolder();
    const harness = await longRun(folder.path);
    harness.kill('SIGINT');
    expect(await once(harness, 'exit')).toEqual([130, null]);
    expect(await leftBy(harness.pid ?? 0)).toEqual([]);
  });

  it('leaves no process when killed, and the next run sweeps the rest', limit, async () => {
    await using folder = await temporaryFolder();
    for (const [index, delayMs] of [0, 13].entries()) {
      const harness = await longRun(folder.path, `out-${index}`);
      await sleep(delayMs);
      harness.kill('SIGKILL');
      await once(harness, 'exit');
      const pid = harness.pid ?? 0;
      const alone = async () => (await runningOf(pid)).length === 0;
      expect(await eventually(alone, 5000), (await runningOf(pid)).join()).toBe(true);
      expect(await leftBy(pid)).not.toEqual([]);
      await sweepContainers({ uid: 0 });
      expect(await leftBy(pid)).toEqual([]);
    }
  });

  /** Processes in the cgroups of a harness's containers, and runtimes that name one. */
  async function runningOf(pid: number): Promise<readonly number[]> {
    const ids = (await leftBy(pid)).filter((name) => /-\d+$/.test(name));
    const inside = (await Promise.all(ids.map(processesOf))).flat();
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const lines = pids.map((one) => readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => ''));
    const named = (await Promise.all(lines)).map((line) => line.includes(`basepoint-${pid}-`));
    return [...inside, ...pids.filter((_, index) => named[index])];
  }
});
