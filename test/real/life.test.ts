import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { home, temporaryFolder } from '../support/context.js';
import { eventually, processesWith } from '../support/processes.js';
import { samplesOf } from '../support/fake-scenario.js';

const limit = { timeout: 60_000 };

/** A run that would take minutes, in a process of its own. */
async function longRun(folder: string): Promise<ChildProcess> {
  await mkdir(join(folder, 'cache'), { mode: 0o700 });
  const scenario = join(folder, 'long.yaml');
  await writeFile(
    scenario,
    'name: long\nruns: 5000\nwarmup: 0\nmatrix:\n  - { guest: tiny, tier: [cold, restore, fork, fork-loaded], machine: pc, firmware: seabios, accel: tcg, memory: 32M }\n',
  );
  const program = join(home, 'dist/bin.js');
  return spawn(process.execPath, [program, 'run', scenario, '--out', join(folder, 'out')], {
    env: { ...process.env, BASEPOINT_CACHE: join(folder, 'cache') },
    stdio: 'ignore',
  });
}

async function untilSampled(folder: string): Promise<void> {
  const path = join(folder, 'out/samples.csv');
  const sampled = async () => (await readFile(path, 'utf8').catch(() => '')).split('\n').length > 5;
  expect(await eventually(sampled, 40_000)).toBe(true);
}

describe('the harness, in the middle of a run', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s exits 130, keeps its samples, and leaves nothing running',
    limit,
    async (signal) => {
      await using folder = await temporaryFolder();
      const harness = await longRun(folder.path);
      await untilSampled(folder.path);
      harness.kill(signal);
      const [code] = (await once(harness, 'exit')) as [number | null];
      expect(code).toBe(130);
      const samples = await samplesOf(join(folder.path, 'out'));
      expect(samples.length).toBeGreaterThan(3);
      expect(samples.every(({ state }) => state === 'ok')).toBe(true);
      expect(await processesWith(folder.path)).toEqual([]);
    },
  );

  it('when killed takes its QEMUs with it, and every sample row is whole', limit, async () => {
    await using folder = await temporaryFolder();
    const harness = await longRun(folder.path);
    await untilSampled(folder.path);
    harness.kill('SIGKILL');
    await once(harness, 'exit');
    expect(await eventually(async () => (await processesWith(folder.path)).length === 0)).toBe(
      true,
    );
    const samples = await samplesOf(join(folder.path, 'out'));
    expect(samples.length).toBeGreaterThan(3);
  });
});
