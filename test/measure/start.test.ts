import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { InterruptedError } from '../../src/errors.js';
import type { Outcome } from '../../src/measure/sample.js';
import { sequences } from '../../src/measure/sequences.js';
import { startOnce } from '../../src/measure/start-once.js';
import { StartFailure } from '../../src/measure/start.js';
import { Machine, type Launch } from '../../src/qemu/machine.js';
import { eventually, processesWith } from '../support/processes.js';
import { fakeQemu, launcher, temporaryFolder } from '../support/context.js';

type SpawnTier = 'cold' | 'restore';

const templateNonce = 0x1122334455667788n;

interface Given {
  readonly orders?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly state?: Buffer;
  readonly binary?: string;
  readonly check?: () => void;
}

/** One start of the fake QEMU with these orders. */
async function start(tier: SpawnTier, given: Given = {}): Promise<Outcome> {
  const { orders = '', timeoutMs = 5000, binary = fakeQemu } = given;
  await using folder = await temporaryFolder();
  const statePath = join(folder.path, 'state');
  await writeFile(statePath, given.state ?? savedState());
  const ram = openSync(statePath, 'r');
  const launch = (): Launch => {
    const state = openSync(statePath, 'r');
    return {
      launcher,
      parentPid: process.pid,
      env: {},
      binary,
      args: ['-append', orders, ...(tier === 'cold' ? [] : ['-incoming', 'defer'])],
      files: [ram, state],
      ownFiles: [state],
      control: false,
    };
  };
  try {
    return await startOnce(
      {
        tier,
        qemuVersion: '7.2.0',
        workingSetMiB: 8,
        timeoutMs,
        identity: 'seed',
        observeMs: 0,
        ramMiB: 0,
        frames: 'long',
        traced: undefined,
        proof: tier === 'cold' ? { nonce: 0n, counter: 1 } : { nonce: templateNonce, counter: 2 },
        prepare: () => {
          given.check?.();
          return Promise.resolve((listener) => Machine.spawn(launch, listener));
        },
      },
      sequences[tier],
      given.signal ?? new AbortController().signal,
    );
  } finally {
    closeSync(ram);
  }
}

function savedState(): Buffer {
  const state = Buffer.alloc(12);
  state.writeBigUInt64LE(templateNonce, 0);
  state.writeUInt32LE(1, 8);
  return state;
}

async function failureOf(tier: SpawnTier, given: Given = {}): Promise<string> {
  const outcome = await start(tier, given);
  if (outcome.state === 'ok') throw new Error('the start succeeded');
  return outcome.failure;
}

describe('a start that succeeds', () => {
  it.each(['cold', 'restore'] as const)('%s delivers its marks in order', async (tier) => {
    const outcome = await start(tier);
    expect(outcome.state).toBe('ok');
    const { vmm_ready: vmm = NaN, ready = NaN, work = NaN, exit = NaN } = outcome.marks;
    expect([vmm, ready, work, exit].every((ms) => ms > 0)).toBe(true);
    expect(Math.max(vmm, ready)).toBeLessThanOrEqual(work);
    expect(work).toBeLessThanOrEqual(exit);
  });

  it('cold has kernel and init, and no resumed', async () => {
    const { marks } = await start('cold');
    expect(Object.keys(marks).sort()).toEqual(
      ['exit', 'init', 'kernel', 'ready', 'vmm_ready', 'work'].sort(),
    );
  });

  it('restore has resumed, and neither kernel nor init', async () => {
    const { marks } = await start('restore');
    expect(Object.keys(marks).sort()).toEqual(
      ['exit', 'ready', 'resumed', 'vmm_ready', 'work'].sort(),
    );
  });

  it.each([
    ['cold', 'fake.boot=30'],
    ['restore', 'fake.load=30'],
    ['restore', 'fake.ready=30'],
  ] as const)('%s counts what passes before ready: %s', async (tier, orders) => {
    const outcome = await start(tier, { orders });
    expect(outcome.marks.ready).toBeGreaterThanOrEqual(30);
  });

  it('does not count what passes after ready as ready', async () => {
    const { marks } = await start('restore', { orders: 'fake.work=50' });
    expect((marks.work ?? 0) - (marks.ready ?? 0)).toBeGreaterThanOrEqual(50);
  });

  it('returns the guest random bytes, nonce and counter', async () => {
    const outcome = await start('restore');
    if (outcome.state !== 'ok') throw new Error(outcome.failure);
    expect(outcome.guestId).toMatch(/^[0-9a-f]{64}-1122334455667788-2$/);
  });

  it('reads CPU time and memory of the process', async () => {
    const outcome = await start('cold');
    if (outcome.state !== 'ok') throw new Error(outcome.failure);
    expect(outcome.usage.cpuMs).toBeGreaterThan(0);
    expect(outcome.usage.rssKiB).toBeGreaterThan(0);
    expect(outcome.usage.pssKiB).toBeGreaterThan(0);
    expect(outcome.usage.privateDirtyKiB).toBeGreaterThan(0);
  });
});

describe('a start that fails says why', () => {
  const cases: readonly (readonly [string, SpawnTier, string, RegExp])[] = [
    [
      'an exit before the base point',
      'cold',
      'fake.exit=3',
      /exited with code 3 before mark "vmm_ready": .*told to exit/,
    ],
    ['a guest panic', 'cold', 'fake.do=panic', /exited with code 0 before mark "vmm_ready"/],
    ['a crash', 'cold', 'fake.do=crash', /killed by SIGABRT before mark "vmm_ready"/],
    ['a guest that gives up', 'cold', 'fake.do=give-up', /guest gave up: no second serial port/],
    ['a missing mark', 'cold', 'fake.do=no-init', /mark "ready" came without "init" before it/],
    [
      'marks out of order',
      'cold',
      'fake.do=init-first',
      /mark "init" came without "kernel" before it \(.*CONFIG_EARLY_PRINTK=y .*earlyprintk=/,
    ],
    ['a wrong nonce', 'restore', 'fake.do=wrong-nonce', /not a true restore: .*template nonce/],
    [
      'a boot passed off as a restore',
      'cold',
      'fake.do=wrong-counter',
      /not a true cold: .*counter/,
    ],
    ['an answer for somebody else', 'restore', 'fake.do=wrong-identity', /identity is/],
    [
      'a working set not touched',
      'restore',
      'fake.do=lazy',
      /touched bytes is 400000, expected 800000/,
    ],
    ['no random bytes', 'restore', 'fake.do=zeros', /zeros for random bytes/],
    ['work without an answer', 'restore', 'fake.do=no-answer', /"work" without an answer/],
    ['a load that fails', 'restore', 'fake.do=no-load', /could not load the state/],
    [
      'a command QEMU refuses',
      'restore',
      'fake.do=refuse',
      /"migrate-set-capabilities" failed: fake refusal/,
    ],
    ['a monitor that speaks no JSON', 'cold', 'fake.do=garble', /not JSON/],
    ['a bad exit code', 'cold', 'fake.do=bad-exit', /ended with 3 when asked to quit/],
  ];
  it.each(cases)('%s', async (_what, tier, orders, failure) => {
    expect(await failureOf(tier, { orders })).toMatch(failure);
  });

  it.each([
    [
      'hangs before its base point',
      'cold',
      'fake.do=hang',
      /limit of 0.3 s passed before mark "vmm_ready"/,
    ],
    [
      'takes its go and stays mute',
      'restore',
      'fake.do=mute',
      /limit of 0.3 s passed before mark "ready"/,
    ],
    ['does not quit', 'cold', 'fake.do=stay', /limit of 0.3 s passed before mark "exit"/],
  ] as const)('when the guest %s', async (_what, tier, orders, failure) => {
    expect(await failureOf(tier, { orders, timeoutMs: 300 })).toMatch(failure);
  });

  it('when the state file is cut short', async () => {
    const failure = await failureOf('restore', { state: savedState().subarray(0, 5) });
    expect(failure).toMatch(/exited with code 1 before mark "resumed": .*Input\/output error/);
  });

  it('when there is no such binary', async () => {
    const failure = await failureOf('cold', { binary: '/nonexistent/qemu' });
    expect(failure).toMatch(/code 127 .*cannot run \/nonexistent\/qemu/);
  });

  it('when the check before the start refuses', async () => {
    const check = () => {
      throw new StartFailure('the template is damaged');
    };
    expect(await failureOf('restore', { check })).toBe(
      'the template is damaged before mark "vmm_ready"',
    );
  });

  it('and keeps the marks it had, and the evidence', async () => {
    const outcome = await start('cold', { orders: 'fake.exit=3' });
    if (outcome.state === 'ok') throw new Error('the start succeeded');
    expect(outcome.marks.kernel).toBeGreaterThan(0);
    expect(outcome.marks.ready).toBeUndefined();
    expect(outcome.evidence).toContain('fake.exit=3');
    expect(outcome.evidence).toContain('told to exit');
  });

  it('with the console text of a panic', async () => {
    const outcome = await start('cold', { orders: 'fake.do=panic' });
    if (outcome.state === 'ok') throw new Error('the start succeeded');
    expect(outcome.evidence).toContain('Kernel panic - not syncing: fake');
  });
});

describe('a start leaves nothing behind', () => {
  it('when the time limit passes', async () => {
    await failureOf('cold', { orders: 'fake.do=hang only-this-test-1', timeoutMs: 200 });
    expect(await processesWith('only-this-test-1')).toEqual([]);
  });

  it('when it is interrupted, which is no failed sample', async () => {
    const interrupt = new AbortController();
    const orders = 'fake.do=hang only-this-test-2';
    const running = start('cold', { orders, signal: interrupt.signal });
    await eventually(async () => (await processesWith('only-this-test-2')).length > 0);
    interrupt.abort();
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    expect(await processesWith('only-this-test-2')).toEqual([]);
  });
});
