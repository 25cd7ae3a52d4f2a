/**
 * Regressions planted into QEMU from outside, which the gate must catch with 40 starts a side. Of ten
 * times the size that the gate is for, so that a busy host does not decide: docs/ci.md has the true ones.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { home, temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { processesWith } from '../support/processes.js';
import { kvmOpens } from '../support/qemus.js';

const limits = `extraRounds: 0
limits:
  - { metric: [ready, work], regression: { relative: 5%, absolute: 1ms } }
  - { failureRate: 2% }
`;

/** One for all: what is prepared for one QEMU is prepared once. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const build = join(home, 'test/planted/build.sh');
beforeAll(async () => {
  folder = await temporaryFolder();
  await execa('bash', [build, folder.path, 'plain']);
});
afterAll(() => folder[Symbol.asyncDispose]());

async function gatePlanted(name: string, tiers: string, ...settings: readonly string[]) {
  await execa('bash', [build, folder.path, name, ...settings]);
  const machine = 'guest: tiny, machine: microvm, firmware: qboot, memory: 32M';
  const scenario = `name: planted\nruns: 40\nwarmup: 2\nmatrix: [{ tier: [${tiers}], ${machine} }]\n`;
  await writeFile(join(folder.path, 's.yaml'), scenario);
  await writeFile(join(folder.path, 'limits.yaml'), limits);
  const context = testContext(folder.path);
  const vary = ['--vary', `qemu=./plain,./${name}`, '--out', `out-${name}`];
  const code = await basepoint(context, 'gate', 's.yaml', '--limits', 'limits.yaml', ...vary);
  expect(await processesWith(folder.path)).toEqual([]);
  const said = context.stdout.text + context.stderr.text;
  return { code, said, samples: await samplesOf(join(folder.path, `out-${name}`)) };
}

describe.runIf(kvmOpens)('a regression planted into QEMU on KVM', () => {
  it('before each guest runs is caught in a restore and in every fork', async () => {
    const { code, said } = await gatePlanted('slow', 'restore, fork, fork-loaded', 'PLANT_MS=30');
    expect(code, said).toBe(1);
    for (const tier of ['restore', 'fork', 'fork-loaded']) {
      expect(said).toMatch(new RegExp(`^${tier}/tiny/kvm/32M, ready: regressed: the shift`, 'm'));
    }
  }, 60_000);

  it('into one clone in five is caught as slow starts', async () => {
    const planted = ['PLANT_MS=100', 'PLANT_EVERY=5'];
    const { code, said } = await gatePlanted('fifth', 'fork-loaded', ...planted);
    expect(code, said).toBe(1);
    expect(said).toMatch(/ready: regressed: \d+ of 40 took more than/);
  }, 60_000);

  it('that ends one clone in ten is caught, and recorded as failures', async () => {
    const planted = ['PLANT_EXIT=1', 'PLANT_EVERY=10'];
    const { code, said, samples } = await gatePlanted('fails', 'fork-loaded', ...planted);
    expect(code, said).toBe(1);
    expect(said).toMatch(/failure rate: regressed: 4 of 40 starts failed/);
    const failed = samples.filter(({ state, phase }) => state === 'failed' && phase === 'measure');
    expect(failed.map(({ cell }) => cell?.endsWith('/fails'))).toEqual([true, true, true, true]);
  }, 60_000);
});
