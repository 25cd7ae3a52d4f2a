import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readRate, type RateRecord } from '../src/results/rate.js';
import { temporaryFolder, testContext } from './support/context.js';
import { basepoint, fakeScenario, samplesOf, type FakeCell } from './support/fake-scenario.js';
import { eventually, processesWith } from './support/processes.js';

async function rateOf(out: string): Promise<readonly RateRecord[]> {
  return readRate(await readFile(join(out, 'rate.csv'), 'utf8').catch(() => ''));
}

async function run(cell: FakeCell, head: string) {
  await using folder = await temporaryFolder();
  const context = testContext(folder.path);
  const scenario = await fakeScenario(folder.path, [cell], head);
  const code = await basepoint(context, 'run', scenario, '--out', 'out');
  // The firmware's path is on every command line of this run.
  expect(await processesWith(folder.path)).toEqual([]);
  const out = join(folder.path, 'out');
  const report = await readFile(join(out, 'report.md'), 'utf8');
  const html = await readFile(join(out, 'report.html'), 'utf8');
  const { text: said } = context.stdout;
  return { code, said, report, html, samples: await samplesOf(out), rate: await rateOf(out) };
}

const cold = (orders: string, ...knobs: readonly string[]): FakeCell => ({
  ...{ orders, tiers: 'cold', knobs },
});

describe('VMs asked for at a rate', () => {
  it('come at their instants, each with a row, whatever becomes of those before them', async () => {
    const head = 'runs: 2\nwarmup: 1\nload: { time: 4s, p95Limit: 400ms }';
    const ran = await run(cold('fake.ready=150', 'rate: 40'), head);
    const { code, samples, rate, said, report, html } = ran;
    expect(code).toBe(0);
    expect(samples).toHaveLength(1 + 2 * 160);
    const [warmup, ...measured] = samples;
    expect(warmup).toMatchObject({ phase: 'warmup', due_ms: '' });
    expect(Number(warmup?.['cpu_ms'])).toBeGreaterThan(0);
    for (const row of measured) {
      expect(row).toMatchObject({ state: 'ok', rate: '40', cpu_ms: '' });
      // From the instant at which it was due, so lateness is within.
      expect(Number(row['ready_ms'])).toBeGreaterThanOrEqual(150 + Number(row['late_ms']));
    }
    // One after another the last would be ready after 24 s.
    for (const { late_ms: late } of measured) expect(Number(late)).toBeLessThan(2000);
    expect(rate).toHaveLength(2);
    for (const row of rate) {
      expect(row).toMatchObject({ asked: '160', started: '160', failed: '0', ended_because: '' });
      expect(Number(row['ready_p95_ms'])).toBeGreaterThanOrEqual(150);
      // 8 are under way at once, by Little's law.
      expect(Number(row['backlog_end'])).toBeGreaterThan(1);
      expect(Number(row['alive_most'])).toBeGreaterThan(4);
    }
    for (const text of [said, report, html]) {
      expect(text).toContain('Sustained rate');
      expect(text).toMatch(/at least 40\/s/);
    }
  });

  it('end early where more stay alive than may, with a row that says so', async () => {
    const head = 'runs: 1\nwarmup: 0\nload: { time: 500ms, aliveLimit: 5 }';
    const { code, samples, rate, said } = await run(cold('fake.ready=700', 'rate: 100'), head);
    expect(code).toBe(0);
    expect(samples).toHaveLength(5);
    expect(samples.every(({ state }) => state === 'ok')).toBe(true);
    expect(rate).toMatchObject([
      {
        ...{ asked: '60', started: '5', alive_most: '5', stable: 'no' },
        ended_because: '5 of its VMs were alive at once (aliveLimit)',
      },
    ]);
    expect(said).toContain('less than 100/s');
    expect(said).toContain('100/s: 0 of 1 (ended early in 1)');
  });

  it('that fail are failed starts; when ten have, the step ends', async () => {
    const head = 'runs: 1\nwarmup: 0\nload: { time: 500ms }';
    const { code, samples, rate, said } = await run(cold('fake.exit=7', 'rate: 30'), head);
    expect(code).toBe(3);
    expect(samples.length).toBeGreaterThanOrEqual(10);
    expect(samples.length).toBeLessThan(40);
    expect(new Set(samples.map(({ state }) => state))).toEqual(new Set(['failed']));
    expect(rate[0]?.['ended_because']).toMatch(/^1\d of its starts had failed, the first: QEMU/);
    expect(said).toContain('starts failed');
  });

  it('leave nothing when they are interrupted, and the step is made again', async () => {
    await using folder = await temporaryFolder();
    const interrupt = new AbortController();
    const context = testContext(folder.path, interrupt.signal);
    const head = 'runs: 2\nwarmup: 0\nload: { time: 500ms }';
    const scenario = await fakeScenario(
      folder.path,
      [cold('fake.ready=200', 'rate: 60', 'workingSet: 0')],
      head,
    );
    const running = basepoint(context, 'run', scenario, '--out', 'out');
    const out = join(folder.path, 'out');
    expect(await eventually(async () => (await rateOf(out)).length === 1)).toBe(true);
    expect(await eventually(async () => (await processesWith(folder.path)).length > 5)).toBe(true);
    interrupt.abort();
    expect(await running).toBe(130);
    expect(await processesWith(folder.path)).toEqual([]);
    const before = await samplesOf(out);
    expect(before).toHaveLength(60);
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    const after = await samplesOf(out);
    expect(after.slice(0, 60)).toEqual(before);
    expect(after).toHaveLength(120);
    expect((await rateOf(out)).map(({ round }) => round)).toEqual(['1', '2']);
  });
});
