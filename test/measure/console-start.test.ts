import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { ConsoleReady } from '../../src/ends.js';
import type { Outcome } from '../../src/measure/sample.js';
import { sequences } from '../../src/measure/sequences.js';
import { startOnce } from '../../src/measure/start-once.js';
import { Machine, type Launch } from '../../src/qemu/machine.js';
import { fakeQemu, launcher, temporaryFolder } from '../support/context.js';

const watched: ConsoleReady = { line: '^fake console: up$', ask: undefined };
const asked: ConsoleReady = {
  ...watched,
  ask: { send: 'say {nonce}\n', answer: '^heard {nonce}$' },
};

/** One start of the fake QEMU with a console like this. */
async function start(
  tier: 'cold' | 'restore',
  ready: ConsoleReady,
  orders: string,
  timeoutMs = 5000,
): Promise<Outcome> {
  await using folder = await temporaryFolder();
  const statePath = join(folder.path, 'state');
  await writeFile(statePath, Buffer.alloc(12));
  const state = openSync(statePath, 'r');
  const launch: Launch = {
    ...{ launcher, parentPid: process.pid, env: {}, binary: fakeQemu, control: false },
    args: ['-append', orders, ...(tier === 'cold' ? [] : ['-incoming', 'defer'])],
    files: [state, state],
    ownFiles: [],
  };
  try {
    return await startOnce(
      {
        ...{ tier, qemuVersion: '7.2.0', workingSetMiB: 0, timeoutMs, identity: 'none' },
        ...{ observeMs: 0, ramMiB: 0, proof: { nonce: 0n, counter: 0 }, ready },
        ...{ frames: 'long', traced: undefined },
        prepare: () => Promise.resolve((listener) => Machine.spawn(() => launch, listener)),
      },
      sequences[tier],
      new AbortController().signal,
    );
  } finally {
    closeSync(state);
  }
}

async function failureOf(...given: Parameters<typeof start>) {
  const outcome = await start(...given);
  if (outcome.state === 'ok') throw new Error('the start succeeded');
  return outcome;
}

describe('a start that ends on the console', () => {
  it('is ready at its line where it is only watched, and has no work', async () => {
    const outcome = await start('cold', watched, 'fake.console=answers fake.boot=20');
    expect(outcome.state).toBe('ok');
    const { line = NaN, ready = NaN, work } = outcome.marks;
    expect(line).toBeGreaterThanOrEqual(20);
    expect(ready).toBe(line);
    expect(work).toBeUndefined();
    expect(outcome.state === 'ok' && outcome.guestId).toBe('');
  });

  it('is ready when it has answered, after its line or after it was resumed', async () => {
    const cold = await start('cold', asked, 'fake.console=answers fake.ready=15');
    expect(cold.state).toBe('ok');
    expect((cold.marks.ready ?? NaN) - (cold.marks.line ?? NaN)).toBeGreaterThanOrEqual(15);
    const restored = await start('restore', asked, 'fake.console=answers fake.ready=15');
    expect(restored.state).toBe('ok');
    expect(restored.marks.line).toBeUndefined();
    expect(restored.marks.ready).toBeGreaterThan(restored.marks.resumed ?? NaN);
  });

  it('fails at the time limit with the pattern and the end of the console', async () => {
    const silent = await failureOf('cold', asked, 'fake.console=silent', 300);
    expect(silent.failure).toBe(
      'time limit of 0.3 s passed before mark "line", for which no line of the console matched /^fake console: up$/',
    );
    const deaf = await failureOf('restore', asked, 'fake.console=deaf', 300);
    expect(deaf.failure).toMatch(
      /^time limit of 0.3 s passed before mark "ready", for which no line of the console matched \/\^heard \{nonce\}\$\/: the console ends with "say [0-9a-f]{16}"$/,
    );
    expect(deaf.evidence).toContain('console:\nsay ');
  });

  it('does not take an answer with another number for its own', async () => {
    const stale = await failureOf('restore', asked, 'fake.console=stale', 300);
    expect(stale.failure).toContain('the console ends with "heard 0123456789abcdef"');
  });

  it('does not take a boot for a restore', async () => {
    const booted = await failureOf('restore', asked, 'fake.console=boots');
    expect(booted.failure).toContain('not a true restore: the guest booted');
  });
});
