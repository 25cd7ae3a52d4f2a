import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { readGuests } from '../../src/parse/guests.js';
import { Cache } from '../../src/prepare/cache.js';
import { readyGuest } from '../../src/prepare/guest.js';
import { home, temporaryFolder, testContext } from '../support/context.js';
import { basepoint, samplesOf } from '../support/fake-scenario.js';
import { processesWith } from '../support/processes.js';
import { kvmOpens, realQemus } from '../support/qemus.js';

const minutes = 60_000;
const tiny = 'guest: tiny\n    machine: microvm\n    firmware: qboot\n    memory: 32M';
const linux = 'guest: debian-cloud\n    machine: pc\n    memory: 128M';

/** The download is shared by all runs of the tests; everything else is made anew. */
const downloads = join(homedir(), '.cache/basepoint/kernels');

async function scenarioFile(folder: string, cells: string, runs: number): Promise<string> {
  const path = join(folder, 'real.yaml');
  await writeFile(
    path,
    `name: real\nruns: ${runs}\nwarmup: 0\nmatrix:\n  - tier: [cold, restore]\n    ${cells}\n`,
  );
  await mkdir(join(folder, 'cache'), { recursive: true, mode: 0o700 });
  await symlink(downloads, join(folder, 'cache/kernels')).catch(() => undefined);
  return path;
}

interface Ran {
  readonly code: number;
  readonly said: string;
  readonly samples: Record<string, string>[];
  readonly record: { readonly cells: readonly { readonly id: string }[] };
}

async function run(cells: string, runs: number, ...args: string[]): Promise<Ran> {
  await using folder = await temporaryFolder();
  const context = testContext(folder.path);
  const scenario = await scenarioFile(folder.path, cells, runs);
  const code = await basepoint(context, 'run', scenario, '--out', 'out', ...args);
  expect(await processesWith(folder.path)).toEqual([]);
  const said = context.stderr.text;
  if (code !== 0) return { code, said, samples: [], record: { cells: [] } };
  const out = join(folder.path, 'out');
  const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as Ran['record'];
  return { code, said, samples: await samplesOf(out), record };
}

function expectLadder({ code, said, samples }: Ran, guest: string, accel: string, runs: number) {
  expect(said, said).not.toMatch(/skipped/);
  expect(code, said).toBe(0);
  expect(samples).toHaveLength(2 * runs);
  for (const sample of samples) {
    expect(sample['failure']).toBe('');
    expect(sample['state']).toBe('ok');
    expect([sample['guest'], sample['accel']]).toEqual([guest, accel]);
  }
  const counters = (tier: string) =>
    samples
      .filter((sample) => sample['tier'] === tier)
      .map(({ guest_id: id = '' }) => id.split('-'));
  // A boot has no nonce and has taken one frame; a restore has the template's and has taken two.
  for (const [, nonce, counter] of counters('cold')) {
    expect([nonce, counter]).toEqual(['0'.repeat(16), '1']);
  }
  const nonces = new Set(counters('restore').map(([, nonce]) => nonce));
  expect(nonces.size).toBe(1);
  expect(nonces).not.toContain('0'.repeat(16));
  for (const [, , counter] of counters('restore')) expect(counter).toBe('2');
  const random = samples.map(({ guest_id: id = '' }) => id.split('-')[0]);
  expect(new Set(random).size).toBe(samples.length);
}

function median(samples: Ran['samples'], tier: string): number {
  const values = samples
    .filter((sample) => sample['tier'] === tier)
    .map((one) => Number(one['ready_ms']));
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

beforeAll(async () => {
  const context = { ...testContext(home), env: process.env };
  const cache = await Cache.open(context);
  await readyGuest(
    { kind: 'declared', name: 'debian-cloud' },
    await readGuests(home),
    cache,
    context,
  );
}, 3 * minutes);

describe.each(realQemus)('the %s QEMU', (_which, qemu) => {
  it.runIf(kvmOpens)('starts tiny on KVM, cold and by restore', { timeout: minutes }, async () => {
    expectLadder(await run(`${tiny}\n    accel: kvm`, 5, '--qemu', qemu), 'tiny', 'kvm', 5);
  });

  it('starts tiny under TCG, cold and by restore', { timeout: minutes }, async () => {
    const ran = await run(
      `${tiny.replace('microvm', 'pc').replace('qboot', 'seabios')}\n    accel: tcg`,
      5,
      '--qemu',
      qemu,
    );
    expectLadder(ran, 'tiny', 'tcg', 5);
  });

  it(
    'starts Linux under TCG, and restores it in a fraction of the time',
    { timeout: 3 * minutes },
    async () => {
      const ran = await run(`${linux}\n    accel: tcg`, 4, '--qemu', qemu);
      expectLadder(ran, 'debian-cloud', 'tcg', 4);
      expect(median(ran.samples, 'restore') / median(ran.samples, 'cold')).toBeLessThan(0.3);
    },
  );
});

describe('a guest by path', () => {
  it('is a bzImage that is unpacked, with our PID 1', { timeout: 2 * minutes }, async () => {
    await using folder = await temporaryFolder();
    const bzImage = join(folder.path, 'bzImage');
    await writeFile(bzImage, await packedKernel());
    const ran = await run(
      `guest: { kernel: ${bzImage}, name: mine }\n    machine: pc\n    memory: 128M\n    accel: tcg`,
      1,
    );
    expectLadder(ran, 'mine', 'tcg', 1);
  });
});

/** The distribution's own bzImage, as its package has it. */
async function packedKernel(): Promise<Uint8Array> {
  const { readyKernel } = await import('../../src/prepare/kernels/ready.js');
  const guests = await readGuests(home);
  const guest = guests.find(({ name }) => name === 'debian-cloud');
  if (guest === undefined) throw new Error('no debian-cloud');
  const context = testContext(home);
  const cache = await Cache.open({ ...context, env: process.env });
  const { folder } = await readyKernel(guest, cache, context);
  return await readFile(join(folder, 'bzImage'));
}
