import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { home, temporaryFolder } from './support/context.js';
import { fakeScenario } from './support/fake-scenario.js';

/** Runs a scenario as a process of its own (the fake's drift grows with its age) and reads from it. */
async function runIn<T>(
  folder: string,
  scenario: string,
  read: (out: string, terminal: string) => Promise<T>,
): Promise<T> {
  const args = [join(home, 'dist/bin.js'), 'run', scenario, '--out', 'out'];
  const env = { BASEPOINT_CACHE: join(folder, 'cache') };
  const { stdout } = await execa(process.execPath, args, { cwd: folder, env });
  return read(join(folder, 'out'), stdout);
}

describe('a start of known latency', () => {
  const knownMs = [20, 60];

  /** The p50 of ready, as summary.csv reports it, of cells whose ready is that long after the start. */
  async function reportedMs(): Promise<readonly number[]> {
    await using folder = await temporaryFolder();
    const orders = knownMs.map((ms) => ({ orders: `fake.at=${ms}`, tiers: 'restore' }));
    const scenario = await fakeScenario(folder.path, orders, 'runs: 40\ntimeout: 5s');
    const text = await runIn(folder.path, scenario, (out) =>
      readFile(join(out, 'summary.csv'), 'utf8'),
    );
    const rows: Record<string, string>[] = parse(text, { columns: true });
    return rows.filter(({ metric }) => metric === 'ready').map(({ p50 }) => Number(p50));
  }

  it('is reported within 0.2 ms at p50, from start to ready', async () => {
    let reported: readonly number[] = [];
    // On a host that is busy with something else the limit is not the harness's to keep.
    const allowedMs = (loadavg()[0] ?? 0) > availableParallelism() / 2 ? 0.6 : 0.2;
    const isLate = () => reported.some((ms, index) => ms - (knownMs[index] ?? 0) > allowedMs);
    // Another load on the host makes the harness late, and can only make it later.
    for (let tries = 0; tries === 0 || (isLate() && tries < 3); tries += 1) {
      reported = await reportedMs();
    }
    expect(reported).toHaveLength(2);
    expect(isLate(), `reported ${reported.join(' and ')} ms`).toBe(false);
    for (const [index, ms] of reported.entries()) {
      expect(ms).toBeGreaterThanOrEqual(knownMs[index] ?? NaN);
    }
  }, 90_000);
});

const id = (orders: string) => `restore/tiny/tcg/16M/${orders}`;

/** What the report is to say, and of which cell. */
const faults: readonly (readonly [what: string, cell: string, seen: RegExp])[] = [
  [
    'two modes',
    id('fake.at=20 fake.modes=0,40'),
    /ready has more than one mode: 2\d\.\d ms \(\d+ %\), 6\d\.\d ms/,
  ],
  [
    'drift',
    id('fake.at=20 fake.drift=1'),
    /ready drifted by \+\d\d\.\d % from the first third of the run to the last/,
  ],
  ['failures', id('fake.at=20 fake.fail=1/10'), /\d+ of 80 starts failed: \d+ x .*by chance/],
];

const shownIn = ['the terminal', 'report.md', 'report.html'];

/** What the report says of the cells that are given no fault. */
function ofFaultless(text: string): readonly string[] {
  return text.match(/fake\.at=(20|60)(?! fake)\b.*/g) ?? [];
}

const named = /starts failed|more than one mode/;

describe('the self-test scenario', () => {
  const texts: Record<string, string> = {};

  async function runScenario(): Promise<void> {
    await using folder = await temporaryFolder();
    await runIn(folder.path, join(home, 'scenarios/selftest.yaml'), async (out, terminal) => {
      texts['the terminal'] = terminal;
      texts['report.md'] = await readFile(join(out, 'report.md'), 'utf8');
      texts['report.html'] = visible(await readFile(join(out, 'report.html'), 'utf8'));
    });
  }

  beforeAll(async () => {
    // A load that comes and goes makes one start in ten late: two modes, of which the report is right
    // to warn. What is asked here is whether it warns of them on a host that leaves the starts alone.
    const isDisturbed = () =>
      ofFaultless(texts['the terminal'] ?? '').some((line) => named.test(line));
    for (let tries = 0; tries === 0 || (isDisturbed() && tries < 3); tries += 1)
      await runScenario();
  }, 240_000);

  /** One warning is one list item of the page; markup within it is no matter here. */
  function visible(html: string): string {
    return html
      .replaceAll(/<script.*?<\/script>/gs, '')
      .replaceAll(/<\/(li|p|tr)>/g, '\n')
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&quot;', '"');
  }

  it.each(shownIn)('has its faults named in %s', (where) => {
    const lines = texts[where]?.split('\n') ?? [];
    for (const [what, cell, seen] of faults) {
      const found = lines.filter((line) => line.includes(cell) && seen.test(line));
      expect(found, `${what} in ${where}`).toHaveLength(1);
    }
  });

  it.each(shownIn)('has no fault named in %s that is not there', (where) => {
    const lines = ofFaultless(texts[where] ?? '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).not.toMatch(named);
  });
});
