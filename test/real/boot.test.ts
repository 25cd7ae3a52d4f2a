import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { bootStageNames } from '../../src/boot-stages.js';
import { bootFindings } from '../../src/output/boot/findings.js';
import { readRun } from '../../src/results/run-folder.js';
import { temporaryFolder, testContext } from '../support/context.js';
import { basepoint } from '../support/fake-scenario.js';
import { realQemus } from '../support/qemus.js';

/** A stock kernel, once as vmlinux and once as bzImage. */
async function traced(qemu: string) {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'cache'), { recursive: true, mode: 0o700 });
  // The download is shared by all runs of the tests; everything else is made anew.
  await symlink(join(homedir(), '.cache/basepoint/kernels'), join(folder.path, 'cache/kernels'));
  const scenario = `name: boot
warmup: 0
tracedRuns: 1
matrix:
  - guest: debian-cloud
    tier: cold
    accel: tcg
    machine: pc
    memory: 128M
    qemu: ${qemu}
    image: [vmlinux, bzImage]
    trace: initcalls
`;
  await writeFile(join(folder.path, 'boot.yaml'), scenario);
  const context = testContext(folder.path);
  const code = await basepoint(context, 'run', 'boot.yaml', '--out', 'out');
  expect(code, context.stderr.text).toBe(0);
  return await readRun(join(folder.path, 'out'));
}

describe.each(realQemus)('a boot that is traced on the %s QEMU', (_which, qemu) => {
  it(
    'has its stages in order, and they cover 95 % from the first instruction to PID 1',
    { timeout: 120_000 },
    async () => {
      const run = await traced(qemu);
      const { boots = [] } = run;
      expect(boots).toHaveLength(2);
      for (const { cell, stages, initcalls, firstInstructionMs, initMs } of boots) {
        const packed = cell.includes('bzImage');
        const names = stages.map(({ name }) => name);
        const own = packed ? ['setup', 'decompress'] : ['entry'];
        expect(names).toEqual([
          ...['firmware', 'loader', ...own, 'early', 'initcalls', 'initramfs', 'cpus', 'exec'],
        ]);
        const ends = stages
          .filter(({ name }) => !['initramfs', 'cpus'].includes(name))
          .map(({ atMs }) => atMs);
        expect(ends).toEqual([...ends].sort((a, b) => a - b));
        for (const { name, ms } of stages) expect(ms, name).toBeGreaterThanOrEqual(0);
        const covered = stages.reduce((sum, { ms }) => sum + ms, 0) / (initMs - firstInstructionMs);
        expect(covered).toBeGreaterThan(0.95);
        expect(covered).toBeLessThanOrEqual(1);
        expect(initcalls.map(({ name }) => name)).toContain('acpi_init');
      }
      const [finding] = bootFindings(run);
      expect(finding?.parts.map(({ name }) => name).filter((name) => name !== 'rest')).toEqual(
        bootStageNames.filter((name) => name !== 'setup' && name !== 'decompress'),
      );
    },
  );
});
