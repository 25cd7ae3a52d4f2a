import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readDensity } from '../../src/results/density.js';
import { readRate } from '../../src/results/rate.js';
import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { descendantsWith, eventually } from '../support/processes.js';
import { kvmOpens } from '../support/qemus.js';

const limit = { timeout: 60_000 };

async function run(knobs: string, head = '') {
  await using folder = await temporaryFolder();
  const env = { PATH: process.env['PATH'], HOME: homedir() };
  const context = { ...testContext(folder.path), env };
  const scenario = join(folder.path, 'together.yaml');
  const matrix = `  - { guest: tiny, machine: microvm, firmware: qboot, memory: 32M, ${knobs} }`;
  await writeFile(scenario, `name: together\nruns: 1\nwarmup: 1\n${head}matrix:\n${matrix}\n`);
  const code = await basepoint(context, 'run', scenario, '--out', 'out');
  const out = join(folder.path, 'out');
  const density = await readFile(join(out, 'density.csv'), 'utf8').catch(() => '');
  const rate = readRate(await readFile(join(out, 'rate.csv'), 'utf8').catch(() => ''));
  return { code, samples: await samplesOf(out), density: readDensity(density), rate };
}

const noneIsLeft = async () => (await descendantsWith('qemu-system')).length === 0;

describe.runIf(kvmOpens)('tiny clones on KVM', () => {
  it('asked for in one go are all ready, each by itself as it should be', limit, async () => {
    const { code, samples } = await run('tier: [fork, fork-loaded, restore], concurrency: 5');
    expect(code).toBe(0);
    expect(samples).toHaveLength(3 * 2 * 5);
    expect(samples.filter(({ state }) => state !== 'ok')).toEqual([]);
    const clones = samples.filter(({ tier }) => tier !== 'restore');
    // The base point makes one clone at a time: those behind wait, and their stages say where.
    const parked = clones
      .filter(({ member }) => member === '5')
      .map((row) => Number(row['park_ms']));
    const first = clones
      .filter(({ member }) => member === '1')
      .map((row) => Number(row['park_ms']));
    expect(Math.min(...parked)).toBeGreaterThan(Math.max(0.01, Math.min(...first)));
    expect(new Set(samples.map(({ guest_id: id = '' }) => id.slice(0, 64))).size).toBe(30);
  });

  it('asked for at a rate are each ready by themselves, and none is left', limit, async () => {
    const { code, samples, rate } = await run(
      'tier: [fork-loaded, restore], workingSet: 0, rate: 30',
      'load: { time: 1s, arrivals: even, p95Limit: 100ms }\n',
    );
    expect(code).toBe(0);
    const measured = samples.filter(({ phase }) => phase === 'measure');
    expect(measured.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(measured).toHaveLength(2 * 60);
    expect(rate.map(({ started, ended_because: why }) => [started, why])).toEqual(
      Array(2).fill(['60', '']),
    );
    // What was stamped inside QEMU is asked for while it ends: no clone waits for that.
    const clones = measured.filter(({ tier }) => tier !== 'restore');
    const told = clones.filter(({ inside_ready_ms: ms }) => Number(ms) > 0);
    expect(told.length).toBeGreaterThan(0.9 * clones.length);
    expect(new Set(samples.map(({ guest_id: id = '' }) => id.slice(0, 64))).size).toBe(122);
    expect(await eventually(noneIsLeft)).toBe(true);
  });

  it(
    'kept alive have little memory of their own, and no more where there are more',
    limit,
    async () => {
      const { code, density } = await run('tier: fork-loaded, workingSet: 0, alive: [2, 20]');
      expect(code).toBe(0);
      const steps = [...density].sort((a, b) => Number(a['asked']) - Number(b['asked']));
      const each = steps.map((row) => {
        expect(row['ended_because']).toBe('');
        expect(row['alive']).toBe(row['asked']);
        return Number(row['private_dirty_kib']) / Number(row['alive']);
      });
      expect(each).toHaveLength(2);
      for (const kib of each) expect(kib).toBeLessThan(1024);
      const [two = NaN, twenty = NaN] = each;
      expect(twenty).toBeLessThan(2 * two);
      expect(await eventually(noneIsLeft)).toBe(true);
    },
  );
});
