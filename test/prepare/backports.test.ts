import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { fakeQemu, temporaryFolder, testContext } from '../support/context.js';
import { basepoint, fakeScenario } from '../support/fake-scenario.js';

describe('a scenario that names the QEMU "backports"', () => {
  it('has its cells skipped where it was not unpacked, and says how to get it', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const cell = { orders: '', tiers: 'cold', qemu: `[${fakeQemu}, backports]` };
    const scenario = await fakeScenario(folder.path, [cell]);
    expect(await basepoint(context, 'plan', scenario)).toBe(0);
    expect(context.stdout.text).toContain(
      'skipped, because QEMU "backports" cannot be used: it has not been unpacked into the cache (bash scripts/fetch-qemu.sh)',
    );
    expect(context.stdout.text).toContain('4 starts');
  });

  it('means the one in the cache', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const unpacked = join(folder.path, 'cache/qemu/backports/usr/bin/qemu-system-x86_64');
    await mkdir(dirname(unpacked), { recursive: true, mode: 0o700 });
    await copyFile(fakeQemu, unpacked);
    const cell = { orders: '', tiers: 'cold', qemu: 'backports' };
    const scenario = await fakeScenario(folder.path, [cell]);
    expect(await basepoint(context, 'plan', scenario), context.stderr.text).toBe(0);
    expect(context.stdout.text).not.toContain('skipped');
  });
});
