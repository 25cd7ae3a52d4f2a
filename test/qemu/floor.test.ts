/** The floor's dialogue, with a script in the program's place whose times are known. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { Floor } from '../../src/qemu/floor.js';
import { launcher, temporaryFolder } from '../support/context.js';

const patience = () => AbortSignal.timeout(10_000);

async function scripted(folder: string, body: string): Promise<Floor> {
  const program = join(folder, 'floor');
  await writeFile(program, `#!/bin/sh\n${body}\n`);
  await chmod(program, 0o755);
  return new Floor({ launcher, parentPid: process.pid, cpus: '', program, memoryMiB: 32 });
}

describe('the floor', () => {
  it('measures no teardown, its own or that of the start before', async () => {
    await using folder = await temporaryFolder();
    await using floor = await scripted(
      folder.path,
      'while read -r go; do echo total_ns=1; sleep 0.5; echo done; done',
    );
    for (let i = 0; i < 3; i++) {
      const { startNs, readyNs } = await floor.start(patience());
      expect(Number(readyNs - startNs) / 1e6).toBeLessThan(400);
    }
  });

  it('takes no late answer of a start that was given up for that of the next', async () => {
    await using folder = await temporaryFolder();
    await using floor = await scripted(
      folder.path,
      'read -r go; sleep 0.3; echo total_ns=1; echo done; read -r go; echo failed second; echo done',
    );
    await expect(floor.start(AbortSignal.timeout(50))).rejects.toThrow();
    await expect(floor.start(patience())).rejects.toThrow('failed second');
  });

  it('says that the program has ended', async () => {
    await using folder = await temporaryFolder();
    await using floor = await scripted(folder.path, 'exit 3');
    await expect(floor.start(patience())).rejects.toThrow(/ended with 3/);
  });
});
