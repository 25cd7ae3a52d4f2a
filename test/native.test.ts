import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { home, temporaryFolder } from './support/context.js';
import { kvmOpens } from './support/qemus.js';

/** Builds and runs one target of native/basepoint's Makefile, away from the sources. */
async function make(target: string, ...variables: string[]): Promise<string> {
  await using folder = await temporaryFolder();
  const args = ['--silent', '-C', join(home, 'native/basepoint'), target, `OUT=${folder.path}`];
  const { all, exitCode } = await execa('make', [...args, ...variables], {
    all: true,
    reject: false,
  });
  expect(exitCode, all).toBe(0);
  return all;
}

describe('the base-point library', () => {
  it(
    'passes its own tests of journal and protocol, under sanitizers',
    { timeout: 120_000 },
    async () => {
      const said = await make('test');
      expect(said.match(/^ok /gm)?.length).toBeGreaterThan(20);
    },
  );

  it(
    'has a parser that a minute of mutated lines does not break',
    { timeout: 180_000 },
    async () => {
      await make('fuzz', 'FUZZ_SECONDS=60');
    },
  );

  it.runIf(kvmOpens)(
    'clones a small VMM on real KVM with what QEMU uses seldom',
    { timeout: 180_000 },
    async () => {
      const said = await make('test-kvm');
      expect(said.match(/^ok /gm)?.length).toBeGreaterThan(5);
    },
  );
});
