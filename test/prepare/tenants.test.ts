import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { realStarts } from '../../src/measure/measure.js';
import { BasePoint, type BasePointSpec } from '../../src/prepare/base-point.js';
import type { CellArtifacts } from '../../src/prepare/prepare.js';
import { closeToOthers, lockUp, ownerOf } from '../../src/prepare/tenant-folder.js';
import { refuseOtherTenant, uidOfTenant } from '../../src/tenants.js';
import { cellsOf, found } from '../results/made-run.js';
import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint, fakeScenario } from '../support/fake-scenario.js';

const refusal = 'it is the base point of tenant "a", and tenant "b" asks for it';

describe('a request for what is another tenant’s', () => {
  it('is refused: its base point', async () => {
    await using folder = await temporaryFolder();
    const spec = { tenant: 'a' } as BasePointSpec;
    await using base = new BasePoint(spec, testContext(folder.path));
    await expect(base.current('b')).rejects.toThrow(refusal);
    await expect(base.current('none')).rejects.toThrow('and no tenant asks for it');
  });

  it('is refused: its template, by the start that was given it', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const cell = found(cellsOf('guest: tiny, tier: restore, memory: 32M, tenant: b')[0]);
    const artifacts = { guest: {}, template: { tenant: 'a', nonce: 1n } } as CellArtifacts;
    const start = realStarts(
      {
        cells: new Map([[cell.id, artifacts]]),
        containers: new Map(),
        failed: new Map(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      context,
    );
    const planned = [{ cell: cell.id, phase: 'measure', round: 1, member: 1, order: 1 } as const];
    const { outcomes } = await start(cell, planned, context.signal);
    expect(outcomes).toMatchObject([
      {
        state: 'failed',
        failure: expect.stringContaining(
          'the template of tenant "a", and tenant "b" asks for it',
        ) as string,
      },
    ]);
  });

  it('is not refused to that tenant', () => {
    expect(() => {
      refuseOtherTenant('the template', 'a', 'a');
    }).not.toThrow();
  });
});

async function manifestsOf(cache: string, tenant: string): Promise<readonly string[]> {
  const folder = join(cache, 'templates', tenant);
  return (await readdir(folder)).map((key) => join(folder, key, 'manifest.json'));
}

describe('the templates of two tenants', () => {
  it('lie in folders of their own, and one put in the place of another is refused', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const knobs = ['tenant: [a, b]'];
    const scenario = await fakeScenario(
      folder.path,
      [{ orders: '', tiers: 'restore', knobs }],
      'runs: 1\nwarmup: 0\ntenants: { a: { uid: 2001 } }',
    );
    expect(await basepoint(context, 'run', scenario, '--out', 'out'), context.stderr.text).toBe(0);
    const cache = join(folder.path, 'cache');
    const [a, b] = await Promise.all([manifestsOf(cache, 'a'), manifestsOf(cache, 'b')]);
    expect([a.length, b.length]).toEqual([1, 1]);
    const manifest = found(a[0]);
    const status = await stat(join(manifest, '..', '..'));
    const isRoot = context.uid === 0;
    expect([status.uid, status.mode & 0o777]).toEqual([isRoot ? 2001 : context.uid, 0o700]);
    expect((await stat(join(manifest, '..', 'ram'))).mode & 0o777).toBe(0o600);
    const record: unknown = JSON.parse(await readFile(join(folder.path, 'out/run.json'), 'utf8'));
    expect(record).toMatchObject({ templates: [{ tenant: 'a' }, { tenant: 'b', reused: false }] });
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace('"tenant": "a"', '"tenant": "b"'));
    expect(await basepoint(context, 'run', scenario, '--out', 'again')).toBe(3);
    expect(context.stderr.text).toContain('of tenant "b", and tenant "a" asks for it');
  });

  it('are made again where others could have read them', async () => {
    await using folder = await temporaryFolder();
    const template = await mkdtemp(join(folder.path, 'template-'));
    await writeFile(join(template, 'ram'), '', { mode: 0o644 });
    const harness = testContext(folder.path);
    const tenant = { name: 'a', uid: 2001 };
    await lockUp(template, tenant, harness);
    expect(await closeToOthers(template, tenant, harness)).toBe(true);
    expect(await closeToOthers(template, { ...tenant, uid: 2002 }, { uid: 0 })).toBe(false);
    await chmod(template, 0o755);
    expect(await closeToOthers(template, tenant, harness)).toBe(false);
  });

  it('belong to a user each where the harness is root, and to its own else', () => {
    const tenant = { name: 'a', uid: uidOfTenant('a') };
    expect(ownerOf(tenant, { uid: 0 })).toBe(tenant.uid);
    expect(ownerOf(tenant, { uid: 1000 })).toBe(1000);
    expect(uidOfTenant('a')).not.toBe(uidOfTenant('b'));
    expect(uidOfTenant('a')).toBeGreaterThanOrEqual(2_000_000_000);
    expect(uidOfTenant('a')).toBeLessThan(2_100_000_000);
  });
});
