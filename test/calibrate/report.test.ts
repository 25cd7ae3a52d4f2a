import { describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Calibration } from '../../src/calibrate/entry.js';
import { observerWarning } from '../../src/warnings.js';
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
  });
});

describe('a harness that is late', () => {
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
