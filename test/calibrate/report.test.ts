import { describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Calibration } from '../../src/calibrate/entry.js';
import { writeReport } from '../../src/output/write-report.js';
import { observerWarning } from '../../src/warnings.js';
import { cellsOf, found, readyRows, recordOf } from '../results/made-run.js';
import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint, fakeScenario } from '../support/fake-scenario.js';

describe('a run', () => {
  it('is calibrated before its first start, and its reports show it', async () => {
    await using folder = await temporaryFolder();
    const scenario = await fakeScenario(folder.path, [{ orders: '', tiers: 'cold' }]);
    const context = testContext(folder.path);
    expect(await basepoint(context, 'run', scenario, '--out', 'out')).toBe(0);
    const read = (name: string) => readFile(join(folder.path, 'out', name), 'utf8');
    const record = JSON.parse(await read('run.json')) as { readonly calibration: Calibration };
    const states = record.calibration.entries.map(({ state }) => state);
    expect(states).toEqual([...Array.from({ length: 6 }, () => 'measured'), 'unmeasured']);
    const markdown = await read('report.md');
    expect(markdown).toContain('## Precision');
    expect(markdown).toMatch(/\| a QMP round trip [^|]*\| 30 \| 0\.\d+ \|/);
    expect(markdown).toContain('not measured, because no cell of this run is cloned');
    const html = await read('report.html');
    expect(html).not.toContain('Not calibrated.');
    expect(html).toContain('spawning a small static program');
    expect(html).toContain('not measured, because no cell of this run is cloned');
  });
});

describe('a harness that is late', () => {
  it('is named in the summary and in report.md, cell by cell', async () => {
    await using folder = await temporaryFolder();
    const cells = cellsOf('guest: tiny, tier: [fork, cold], memory: 32M');
    const [fork, cold] = cells.map(found);
    const late = readyRows(found(fork), [5, 5.1, 5.2, 5.3, 5.4, 5.5]).map((row) => ({
      ...row,
      inside_ready_ms: String(Number(row['ready_ms']) - 0.3),
    }));
    const samples = [...late, ...readyRows(found(cold), [50, 51, 52, 53, 54, 55])];
    const run = { folder: folder.path, record: recordOf(cells), samples };
    const summary = await writeReport(run);
    const kinds = summary.cells.map(({ tier, warnings }) => [tier, warnings.map((w) => w.kind)]);
    expect(Object.fromEntries(kinds)).toEqual({ cold: [], fork: ['observer'] });
    const markdown = await readFile(join(folder.path, 'report.md'), 'utf8');
    expect(markdown).toContain('the harness saw ready 0.300 ms after QEMU had written it');
    expect(markdown).toMatch(/\| harness behind QEMU, fork[^|]*\| 6 \| 0\.300 \| - \| 0\.300 \|/);
  });

  it.each([
    [0.2, 5, undefined],
    [0.21, 50, /0\.210 ms after QEMU had written it \(p50\), \+0\.4 % of ready/],
    [0.06, 1.2, undefined],
    [0.07, 1.2, /\+5\.8 % of ready/],
  ])('by %d ms of a ready of %d ms is warned of beyond 0.2 ms or 5 %%', (late, ready, seen) => {
    const found = observerWarning(late, ready);
    if (seen === undefined) expect(found).toBeUndefined();
    else expect(found?.seen).toMatch(seen);
  });
});
