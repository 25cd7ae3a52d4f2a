import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { median } from '../src/statistics/describe.js';
import { home, temporaryFolder } from './support/context.js';
import { samplesOf } from './support/fake-scenario.js';

const id = (orders: string) => `restore/tiny/tcg/16M/${orders}`;
const exact = id('fake.ready=20');
const slow = id('fake.ready=60');

/** What the report is to say, and of which cell. */
const faults: readonly (readonly [what: string, cell: string, seen: RegExp])[] = [
  [
    'two modes',
    id('fake.modes=20,40'),
    /ready has more than one mode: 2\d\.\d ms \(\d+ %\), 4\d\.\d ms/,
  ],
  [
    'drift',
    id('fake.ready=10 fake.drift=1'),
    /ready drifted by \+\d\d\.\d % from the first third of the run to the last/,
  ],
  ['failures', id('fake.ready=20 fake.fail=1/10'), /\d+ of 80 starts failed: \d+ x .*by chance/],
];

describe('the self-test scenario', () => {
  let rows: Record<string, string>[] = [];
  const texts: Record<string, string> = {};

  // A process of its own: the fake's drift grows with the age of the harness.
  beforeAll(async () => {
    await using folder = await temporaryFolder();
    const scenario = join(home, 'scenarios/selftest.yaml');
    const args = [join(home, 'dist/bin.js'), 'run', scenario, '--out', 'out'];
    const env = { BASEPOINT_CACHE: join(folder.path, 'cache') };
    const { stdout } = await execa(process.execPath, args, { cwd: folder.path, env });
    const out = join(folder.path, 'out');
    texts['the terminal'] = stdout;
    texts['report.md'] = await readFile(join(out, 'report.md'), 'utf8');
    // One warning is one list item of the page; markup within it is no matter here.
    const html = await readFile(join(out, 'report.html'), 'utf8');
    texts['report.html'] = html
      .replaceAll('</li>', '\n')
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&quot;', '"');
    rows = await samplesOf(out);
  }, 120_000);

  function times(cell: string): readonly Readonly<Record<'resumed' | 'ready', number>>[] {
    return rows
      .filter((row) => row['cell'] === cell && row['phase'] === 'measure' && row['state'] === 'ok')
      .map((row) => ({ resumed: Number(row['resumed_ms']), ready: Number(row['ready_ms']) }));
  }

  it('has every latency as exactly as the observer sees: 20 ms, and 40 ms more', () => {
    // From `resumed`, because the spawn before it takes as long as the host pleases.
    const stage = (cell: string) =>
      median(times(cell).map(({ resumed, ready }) => ready - resumed));
    expect(Math.abs(stage(slow) - stage(exact) - 40)).toBeLessThan(0.2);
    expect(stage(exact)).toBeGreaterThanOrEqual(20);
    expect(stage(exact)).toBeLessThan(20.4);
  });

  it.each(['the terminal', 'report.md', 'report.html'])('has its faults named in %s', (where) => {
    const lines = texts[where]?.split('\n') ?? [];
    for (const [what, cell, seen] of faults) {
      const found = lines.filter((line) => line.includes(cell) && seen.test(line));
      expect(found, `${what} in ${where}`).toHaveLength(1);
    }
  });

  it.each(['the terminal', 'report.md'])('has no fault named in %s that is not there', (where) => {
    const ofNone = texts[where]?.match(/fake\.ready=[26]0: .*/g) ?? [];
    for (const line of ofNone) expect(line).not.toMatch(/starts failed|more than one mode/);
  });
});
