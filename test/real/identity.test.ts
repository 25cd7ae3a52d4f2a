import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { IdentityName } from '../../src/identity.js';
import { identityFindings, type IdentityFinding } from '../../src/output/identity/findings.js';
import { readRun, type StoredRun } from '../../src/results/run-folder.js';
import { summarise } from '../../src/summarise.js';
import { temporaryFolder, testContext, type TestContext } from '../support/context.js';
import { basepoint } from '../support/fake-scenario.js';

/** Templates are shared by all runs of the tests: a boot under TCG takes seconds. */
function sharedCache(folder: string): TestContext {
  return { ...testContext(folder), env: { PATH: process.env['PATH'], HOME: homedir() } };
}

async function observed(
  entry: string,
  runs: number,
): Promise<StoredRun & { readonly said: string }> {
  await using folder = await temporaryFolder();
  const machine = 'guest: debian-cloud, accel: tcg, machine: pc, memory: 128M';
  const path = join(folder.path, 'real.yaml');
  await writeFile(
    path,
    `name: real\nruns: ${runs}\nwarmup: 0\nmatrix:\n  - { ${machine}, ${entry} }\n`,
  );
  const context = sharedCache(folder.path);
  const code = await basepoint(context, 'run', path, '--out', 'out');
  expect(code, context.stderr.text).toBe(0);
  return { ...(await readRun(join(folder.path, 'out'))), said: context.stdout.text };
}

function fieldOf(finding: IdentityFinding, title: string) {
  return finding.fields.find((field) => field.title.startsWith(title));
}

describe('clones of a Linux template', () => {
  it(
    'are twins where nothing is done, and are not with a seed or with virtio-rng',
    { timeout: 120_000 },
    async () => {
      const entry = 'tier: fork-loaded, identity: [none, seed, virtio-rng], observe: 5ms';
      const run = await observed(entry, 3);
      const findings = identityFindings(run.record.cells, run.observed ?? []);
      const of = (way: IdentityName) => {
        const finding = findings.find(({ identity }) => identity === way);
        if (finding === undefined) throw new Error(`${way} was not observed`);
        return finding;
      };
      expect(of('none')).toMatchObject({ clones: 3, equalBefore: 3, equalAfter: 3 });
      expect(of('none').equalUntilMs).toBeGreaterThan(0);
      expect(run.said).toContain('3 of 3 guests said that they are ready and drew the same');
      for (const fresh of ['next UUID', "a new process's AT_RANDOM", "a new process's stack"]) {
        expect(fieldOf(of('none'), fresh)).toMatchObject({ told: 3, equal: 3 });
        expect(fieldOf(of('seed'), fresh)).toMatchObject({ told: 3, equal: 0 });
        expect(fieldOf(of('virtio-rng'), fresh)).toMatchObject({ told: 3, equal: 0 });
      }
      for (const way of ['seed', 'virtio-rng'] as const) {
        expect(of(way)).toMatchObject({ clones: 3, equalBefore: 3, equalAfter: 0 });
        expect(of(way).ownFromMs?.max).toBeGreaterThan(of(way).equalUntilMs ?? NaN);
        expect(fieldOf(of(way), 'boot id')).toMatchObject({ told: 3, equal: 3 });
      }
      // What the driver had fetched before the template was frozen comes first, in every clone.
      expect(fieldOf(of('virtio-rng'), 'first bytes')).toMatchObject({ told: 3, equal: 3 });
      const warned = summarise(run.record, run.samples).cells.map(({ row, warnings }) => [
        row['identity'],
        warnings.some(({ kind }) => kind === 'twins'),
      ]);
      expect(warned).toEqual([
        ['none', true],
        ['seed', false],
        ['virtio-rng', false],
      ]);
    },
  );
});
