import { execa } from 'execa';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { RunRecord } from '../src/results/record.js';
import { home, temporaryFolder, testContext } from './support/context.js';
import { basepoint, fakeScenario, samplesOf } from './support/fake-scenario.js';

type Change = (record: RunRecord) => object;

async function recordOf(out: string): Promise<RunRecord> {
  return JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as RunRecord;
}

async function changeRecord(out: string, change: Change): Promise<void> {
  const record = await recordOf(out);
  await writeFile(join(out, 'run.json'), JSON.stringify({ ...record, ...change(record) }));
}

/** Starts a run in a process of its own and kills it, as nothing can catch, after some samples. */
async function killedRun(folder: string, scenario: string, after: number): Promise<string> {
  const out = join(folder, 'out');
  const args = [join(home, 'dist/bin.js'), 'run', scenario, '--out', out];
  const child = execa(process.execPath, args, {
    cwd: folder,
    env: { BASEPOINT_CACHE: join(folder, 'cache') },
    reject: false,
  });
  const rows = async () =>
    (await readFile(join(out, 'samples.csv'), 'utf8').catch(() => '')).split('\n').length - 2;
  while ((await rows()) < after) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  expect((await child).signal).toBe('SIGKILL');
  return out;
}

/** The context of the program that was killed: what it recorded of itself must be the same. */
async function sameProgram(folder: string) {
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { ...testContext(folder), version };
}

/** A run that is cut off after some starts, in this process. */
async function interrupted(
  folder: string,
  head = 'runs: 8\nwarmup: 1',
  ready = 1,
): Promise<string> {
  const orders = [{ orders: `fake.ready=${ready}` }];
  const scenario = await fakeScenario(folder, orders, `${head}\ntimeout: 2s`);
  expect(await basepoint(testContext(folder), 'run', scenario, '--out', 'out')).toBe(0);
  const out = join(folder, 'out');
  await cut(out, 5);
  await changeRecord(out, () => ({ state: 'interrupted', stops: undefined }));
  return out;
}

/** Takes away all samples but the first, and the record's hash, which a run has only at its end. */
async function cut(out: string, kept: number): Promise<void> {
  await changeRecord(out, () => ({ samplesSha256: undefined }));
  const lines = (await readFile(join(out, 'samples.csv'), 'utf8')).split('\n');
  await writeFile(join(out, 'samples.csv'), `${lines.slice(0, kept + 1).join('\n')}\n`);
}

async function refusal(folder: string, code: number): Promise<string> {
  const before = await readFile(join(folder, 'out/samples.csv'), 'utf8');
  const context = testContext(folder);
  expect(await basepoint(context, 'run', '--resume', 'out')).toBe(code);
  expect(await readFile(join(folder, 'out/samples.csv'), 'utf8')).toBe(before);
  return context.stderr.text;
}

describe('a run that was killed', () => {
  it('loses no whole sample, and reads as one run when it was continued', async () => {
    await using folder = await temporaryFolder();
    const scenario = await fakeScenario(folder.path, [{ orders: 'fake.ready=15' }]);
    await writeFile(scenario, (await readFile(scenario, 'utf8')).replace('runs: 3', 'runs: 12'));
    const out = await killedRun(folder.path, scenario, 7);
    const before = await samplesOf(out);
    expect((await recordOf(out)).state).toBe('running');
    const context = await sameProgram(folder.path);
    expect(await basepoint(context, 'run', '--resume', 'out')).toBe(0);

    const samples = await samplesOf(out);
    expect(before.length).toBeGreaterThanOrEqual(7);
    expect(samples.slice(0, before.length)).toEqual(before);
    expect(samples.map(({ order }) => Number(order))).toEqual(
      Array.from({ length: 26 }, (_, index) => index + 1),
    );
    const record = await recordOf(out);
    expect(record.state).toBe('complete');
    expect(record.plannedStarts).toBe(26);
    expect(record.resumed).toMatchObject([{ after: before.length }]);
    expect(record.resumed?.[0]?.at).toMatch(/^20\d\d-.*Z$/);

    const again = testContext(folder.path);
    await basepoint(again, 'run', scenario, '--out', 'whole');
    const order = (all: Record<string, string>[]) =>
      all.map(({ cell, phase, round }) => [cell, phase, round].join(' '));
    expect(order(samples)).toEqual(order(await samplesOf(join(folder.path, 'whole'))));
  });

  it('before its first sample begins with it', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    await rm(join(out, 'samples.csv'));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    expect(await samplesOf(out)).toHaveLength(18);
  });

  it('while it wrote a line loses that line only', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    const csv = join(out, 'samples.csv');
    const text = await readFile(csv, 'utf8');
    await writeFile(csv, text.slice(0, -20));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    const after = await readFile(csv, 'utf8');
    const whole = text.split('\n').slice(0, 5).join('\n');
    expect(after.startsWith(`${whole}\n`)).toBe(true);
    expect(await samplesOf(out)).toHaveLength(18);
    expect((await recordOf(out)).resumed).toMatchObject([{ after: 4 }]);
  });

  it('in the middle of a burst makes the whole burst again', async () => {
    await using folder = await temporaryFolder();
    const cells = [{ orders: 'fake.ready=1', tiers: 'cold', knobs: ['concurrency: 3'] }];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 3\nwarmup: 1\ntimeout: 2s');
    expect(await basepoint(testContext(folder.path), 'run', scenario, '--out', 'out')).toBe(0);
    const out = join(folder.path, 'out');
    await cut(out, 8);
    await changeRecord(out, () => ({ state: 'interrupted' }));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    const members = (await samplesOf(out)).map(({ member }) => member).join('');
    expect(members).toBe('123'.repeat(4));
    expect((await recordOf(out)).resumed).toMatchObject([{ after: 6 }]);
  });

  it('that kept VMs alive does not repeat the steps it has', async () => {
    await using folder = await temporaryFolder();
    const cells = [{ orders: '', tiers: 'cold', knobs: ['alive: 2'] }];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 2\nwarmup: 1\ntimeout: 2s');
    expect(await basepoint(testContext(folder.path), 'run', scenario, '--out', 'out')).toBe(0);
    const out = join(folder.path, 'out');
    await cut(out, 4);
    await changeRecord(out, () => ({ state: 'interrupted' }));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    const order = (await samplesOf(out)).map(
      ({ round, member }) => `${round ?? ''}.${member ?? ''}`,
    );
    expect(order).toEqual(['1.1', '1.1', '1.2', '2.1', '2.2']);
    expect((await recordOf(out)).resumed).toMatchObject([{ after: 3 }]);
  });

  it('that asked for VMs at a rate makes a torn step again, and none that had ended early', async () => {
    await using folder = await temporaryFolder();
    const cells = [{ orders: 'fake.ready=700', tiers: 'cold', knobs: ['rate: 100'] }];
    const head = 'runs: 2\nwarmup: 0\nload: { time: 500ms, aliveLimit: 5 }';
    const scenario = await fakeScenario(folder.path, cells, head);
    expect(await basepoint(testContext(folder.path), 'run', scenario, '--out', 'out')).toBe(0);
    const out = join(folder.path, 'out');
    await cut(out, 8);
    await changeRecord(out, () => ({ state: 'interrupted' }));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    const rounds = (await samplesOf(out)).map(({ round }) => round).join('');
    expect(rounds).toBe('1111122222');
    expect((await recordOf(out)).resumed).toMatchObject([{ after: 5 }]);
  });

  it('twice is continued twice', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    await cut(out, 9);
    await changeRecord(out, () => ({ state: 'running', stops: undefined }));
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    expect((await recordOf(out)).resumed).toMatchObject([{ after: 5 }, { after: 9 }]);
    expect(await samplesOf(out)).toHaveLength(18);
  });

  it('and samples until its medians are known ends where it would have', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(
      folder.path,
      'until: { relative_ci: 1, min: 7, max: 30 }\nwarmup: 1',
      60,
    );
    expect(await basepoint(testContext(folder.path), 'run', '--resume', 'out')).toBe(0);
    expect(await samplesOf(out)).toHaveLength(16);
    expect((await recordOf(out)).stops).toMatchObject([{ because: 'converged', rounds: 7 }]);
  });
});

describe('a run is not continued', () => {
  it('when it is complete', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    await changeRecord(out, () => ({ state: 'complete' }));
    expect(await refusal(folder.path, 2)).toMatch(/out is complete: there is nothing to go on/);
  });

  it('while it is being measured', async () => {
    await using folder = await temporaryFolder();
    const scenario = await fakeScenario(folder.path, [{ orders: 'fake.ready=30' }]);
    await writeFile(scenario, (await readFile(scenario, 'utf8')).replace('runs: 3', 'runs: 20'));
    const running = basepoint(testContext(folder.path), 'run', scenario, '--out', 'out');
    const record = join(folder.path, 'out/run.json');
    while ((await readFile(record, 'utf8').catch(() => '')) === '') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const context = testContext(folder.path);
    expect(await basepoint(context, 'run', '--resume', 'out')).toBe(2);
    expect(context.stderr.text).toContain(`is being measured by process ${process.pid}`);
    expect(await running).toBe(0);
  });

  it('when its scenario was changed, and the line is named', async () => {
    await using folder = await temporaryFolder();
    await interrupted(folder.path);
    const path = join(folder.path, 'fake.yaml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('runs: 8', 'runs: 9'));
    const text = await refusal(folder.path, 3);
    expect(text).toContain('fake.yaml, line 2: was "runs: 8", is "runs: 9"');
    expect(text).toContain('cold/tiny/tcg/16M, runs: was 8, is 9');
  });

  it('when QEMU is another one', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    await changeRecord(out, ({ qemus }) => ({
      qemus: qemus.map((qemu) => ({ ...qemu, sha256: 'ab'.repeat(32) })),
    }));
    expect(await refusal(folder.path, 3)).toMatch(
      /QEMU \/.*fake-qemu, sha256: was "abab.*", is "[0-9a-f]{64}"/,
    );
  });

  const changes: readonly (readonly [what: string, change: Change, said: string])[] = [
    [
      'the host is another one',
      ({ host }) => ({ host: { ...host, fingerprint: 'x' } }),
      'host fingerprint: was "x", is',
    ],
    [
      'the host has other facts',
      ({ host }) => ({
        host: {
          ...host,
          facts: { ...host.facts, kernelRelease: { state: 'known', value: '1.2.3' } },
        },
      }),
      ': was 1.2.3, is ',
    ],
    [
      'the kernel is another one',
      ({ cells }) => ({ cells: cells.map((cell) => ({ ...cell, kernelSha256: 'ab' })) }),
      'cold/tiny/tcg/16M, kernelSha256: was "ab", is',
    ],
    [
      'the plan has lost a cell',
      ({ cells }) => ({ cells: [...cells, { ...cells[0], id: 'gone' }] }),
      'gone: is no cell of the plan any more',
    ],
    [
      'the program is another one',
      () => ({ basepoint: '0.0.1' }),
      'basepoint: was "0.0.1", is "0.0.0-test"',
    ],
    [
      'the harness was kept to other CPUs',
      () => ({ harnessCpus: '0' }),
      'CPUs of the harness: was "0", is ""',
    ],
    [
      'its QEMUs were kept to other CPUs',
      ({ cells }) => ({ cells: cells.map((cell) => ({ ...cell, qemuCpus: '0' })) }),
      'qemuCpus: was "0", is ""',
    ],
    ['Node.js is another one', () => ({ node: 'v1' }), 'Node.js: was "v1", is'],
    [
      'the seed gives another order',
      () => ({ seed: 4242 }),
      'is not the one that the plan has there',
    ],
  ];
  it.each(changes)('when %s', async (_, change, said) => {
    await using folder = await temporaryFolder();
    await changeRecord(await interrupted(folder.path), change);
    expect(await refusal(folder.path, 3)).toContain(said);
  });

  it('when a sample is missing in the middle', async () => {
    await using folder = await temporaryFolder();
    const csv = join(await interrupted(folder.path), 'samples.csv');
    const lines = (await readFile(csv, 'utf8')).split('\n');
    await writeFile(csv, lines.filter((_, index) => index !== 3).join('\n'));
    expect(await refusal(folder.path, 3)).toContain('line 4: start 4 is not the one');
  });

  it('when its folder is no run', async () => {
    await using folder = await temporaryFolder();
    const out = await interrupted(folder.path);
    await rename(join(out, 'run.json'), join(out, 'other.json'));
    expect(await refusal(folder.path, 3)).toMatch(/is no run that can be read/);
  });
});
