import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { pairFindings } from '../../src/output/tenants/findings.js';
import { readRun } from '../../src/results/run-folder.js';
import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint } from '../support/fake-scenario.js';

describe('two tenants of a Linux guest', () => {
  it(
    'share neither pages nor secrets, and each shares both with itself',
    { timeout: 120_000 },
    async () => {
      await using folder = await temporaryFolder();
      // The cache of all runs: a template that is there need not be booted.
      const env = { PATH: process.env['PATH'], HOME: homedir() };
      const context = { ...testContext(folder.path), env };
      const scenario = join(folder.path, 'tenants.yaml');
      const knobs = 'tier: restore, observe: 5ms, alive: 2, tenant: [test-a, test-b]';
      const machine = 'guest: debian-cloud, accel: tcg, machine: pc, memory: 128M';
      const matrix = `matrix:\n  - { ${machine}, ${knobs} }\n`;
      await writeFile(scenario, `name: tenants\nruns: 1\nwarmup: 0\n${matrix}`);
      const code = await basepoint(context, 'run', scenario, '--out', 'out');
      expect(code, context.stderr.text).toBe(0);
      const run = await readRun(join(folder.path, 'out'));
      const [a, b, both] = pairFindings(run).map(({ things }) => things);
      const secrets = ['boot id', "PID 1's AT_RANDOM (its stack canary)", "PID 1's stack"];
      const pages = ['file behind guest RAM', 'pages of guest RAM while alive together'];
      for (const thing of [...secrets, ...pages]) {
        expect([a?.[thing], b?.[thing]], thing).toEqual(['shared', 'shared']);
        expect(both?.[thing], thing).toBe('not shared');
      }
      expect(context.stdout.text).toContain('2 templates cost');
      for (const { residentBytes } of run.record.templates ?? []) {
        expect(residentBytes).toBeGreaterThan(2 ** 20);
      }
    },
  );
});
