import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { findRuntime, runtimeVersion } from '../../src/container/runtime.js';
import { temporaryFolder } from '../support/context.js';

describe("a runtime's version", () => {
  it.each([
    ['crun', 'crun version 1.8.1', 'crun 1.8.1'],
    ['runc', 'runc version 1.1.5+ds1', 'runc 1.1.5+ds1'],
  ])('of %s is read from its first line', (name, line, version) => {
    expect(runtimeVersion(name, line)).toBe(version);
  });

  it("is refused when it is another program's", () => {
    expect(() => runtimeVersion('crun', 'runc version 1.1.5')).toThrow(
      '--version: expected "crun version ...", got "runc version 1.1.5"',
    );
  });
});

describe('a runtime', () => {
  it('that is not installed is named with its package', async () => {
    await expect(findRuntime('crun', '/nowhere', 0)).resolves.toEqual({
      state: 'unusable',
      name: 'crun',
      why: 'crun is not installed; install the package crun',
    });
  });

  it('is not used without root', async () => {
    await using folder = await temporaryFolder();
    const program = '#!/bin/sh\necho runc version 1.1.5\n';
    await writeFile(join(folder.path, 'runc'), program, { mode: 0o755 });
    const found = await findRuntime('runc', folder.path, 1000);
    expect(found).toMatchObject({ state: 'unusable' });
    expect(JSON.stringify(found)).toContain('run basepoint as root');
    await expect(findRuntime('runc', folder.path, 0)).resolves.toMatchObject({
      state: 'usable',
      runtime: { name: 'runc', version: 'runc 1.1.5' },
    });
  });
});
