import { closeSync, openSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { BasePoint, type BasePointSpec } from '../../src/prepare/base-point.js';
import { home, temporaryFolder, testContext } from '../support/context.js';

it('is tried anew by the next start after it could not be made', async () => {
  await using folder = await temporaryFolder();
  const [binary, count] = [join(folder.path, 'qemu'), join(folder.path, 'count')];
  await writeFile(binary, `#!/bin/sh\necho tried >> ${count}\nexit 1\n`);
  await chmod(binary, 0o755);
  const fd = openSync(binary, 'r');
  const spec: BasePointSpec = {
    spec: {
      accel: 'tcg',
      machine: 'pc',
      cpu: 'qemu64',
      memoryMiB: 32,
      vcpus: 1,
      firmware: binary,
      kernel: binary,
      initramfs: binary,
      commandLine: '',
      dataDirectories: [],
      devices: [],
      frames: 'long',
    },
    tenant: 'one',
    binary,
    qemuVersion: '7.2',
    ram: { fd },
    statePath: binary,
    loaded: false,
    thp: 'host',
    timeoutMs: 10_000,
  };
  await using basePoint = new BasePoint(spec, {
    ...testContext(home),
    env: { PATH: process.env['PATH'] },
  });
  await expect(basePoint.current('one')).rejects.toThrow('cannot make a base point');
  await expect(basePoint.current('one')).rejects.toThrow('cannot make a base point');
  closeSync(fd);
  expect((await readFile(count, 'utf8')).split('\n').filter(Boolean)).toHaveLength(2);
});
