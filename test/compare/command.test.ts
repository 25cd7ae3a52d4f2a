/** `basepoint compare` and `basepoint baseline` on runs whose samples are made up. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Comparison } from '../../src/compare/comparison.js';
import type { RunRecord } from '../../src/results/record.js';
import { RunFolder, samplesHash, writeRecord } from '../../src/results/run-folder.js';
import { testContext, temporaryFolder, type TestContext } from '../support/context.js';
import { basepoint, fakeScenario, samplesOf } from '../support/fake-scenario.js';
import { okSample, recordOf } from '../results/made-run.js';
import { cold, forkLoaded } from './made-sides.js';

/** A run of 40 starts whose `ready` is around this, in place of what was there. */
async function writeRun(
  path: string,
  readyMs: number,
  replaced: Partial<RunRecord> = {},
  cell = forkLoaded,
  count = 40,
): Promise<void> {
  await rm(path, { recursive: true, force: true });
  using folder = await RunFolder.create(path, recordOf([cell], replaced), () => undefined);
  for (let i = 1; i <= count; i++) {
    folder.take([okSample(cell, i, readyMs + 0.01 * (i % 20))], cell);
  }
}

async function inFolder(test: (context: TestContext, path: string) => Promise<void>) {
  await using folder = await temporaryFolder();
  const context = testContext(folder.path);
  await writeRun(join(folder.path, 'a'), 5);
  await writeRun(join(folder.path, 'same'), 5);
  await writeRun(join(folder.path, 'slow'), 8);
  await test(context, folder.path);
}

describe('basepoint compare', () => {
  it('exits 0 for the same, and 1 for a regression that it names', () =>
    inFolder(async (context, path) => {
      expect(await basepoint(context, 'compare', 'a', 'same')).toBe(0);
      expect(context.stdout.text).toMatch(/\nfine\n$/);
      expect(await basepoint(context, 'compare', 'a', 'slow', '--out', 'c')).toBe(1);
      expect(context.stdout.text).toMatch(/ready: regressed: the shift of \+3\.00 ms is above/);
      const json = JSON.parse(await readFile(join(path, 'c/compare.json'), 'utf8')) as object;
      expect(json).toMatchObject({ outcome: 'regressed', base: 'a', candidate: 'slow' });
      expect(await readFile(join(path, 'c/compare.md'), 'utf8')).toMatch(/^# slow against a: regr/);
      expect((await readFile(join(path, 'c/compare.png'))).subarray(1, 4).toString()).toBe('PNG');
    }));

  it('compares the values of a knob within one run', () =>
    inFolder(async (context, path) => {
      const [quiet, plain] = ['quiet', 'plain'].map((name) => {
        const kernelArguments = name === 'plain' ? '' : name;
        return { ...forkLoaded, id: `${forkLoaded.id}/${name}`, kernelArguments };
      });
      if (quiet === undefined || plain === undefined) throw new Error('no cells');
      using folder = await RunFolder.create(
        join(path, 'both'),
        recordOf([quiet, plain]),
        () => undefined,
      );
      for (let i = 1; i <= 40; i++) {
        folder.take([okSample(quiet, i, 5 + 0.01 * (i % 20))], quiet);
        folder.take([okSample(plain, i, 8 + 0.01 * (i % 20))], plain);
      }
      expect(await basepoint(context, 'compare', 'both', '--by', 'kernelArguments')).toBe(1);
      expect(context.stdout.text).toContain(
        `${forkLoaded.id}, ready: regressed: the shift of +3.00 ms`,
      );
      const turned = '--by kernelArguments=plain,quiet'.split(' ');
      expect(await basepoint(context, 'compare', 'both', ...turned)).toBe(0);
      expect(await basepoint(context, 'compare', 'both', '--sides', 'quiet,plain')).toBe(1);
      expect(await basepoint(context, 'compare', 'both', '--by', 'memory')).toBe(2);
    }));

  const unclear = [
    ['a'],
    ['a', 'b', 'c'],
    ['a', 'b', '--by', 'qemu'],
    ['a', 'b', '--runs', '4'],
    ['a', '--vary', 'memory=1G,2G'],
    ['--scenario', 'x.yaml'],
    ['a', '--scenario', 'x.yaml', '--vary', 'memory=1G,2G'],
    ['--scenario', 'x.yaml', '--vary', 'memory=1G,2G', '--by', 'memory'],
    ['--scenario', 'x.yaml', '--vary', 'memory=1G,2G', '--sides', 'a,b'],
    ['--scenario', 'x.yaml', '--vary', 'qemu=a,b', '--qemu', 'c'],
    ['--scenario', 'x.yaml', '--vary', 'memory=1G,2G', '--vary', 'vcpus=1,2'],
  ];
  it.each(unclear.map((args) => [args.join(' '), args] as const))(
    'is not guessed: compare %s',
    async (_, args) => {
      const context = testContext('/');
      expect(await basepoint(context, 'compare', ...args)).toBe(2);
      expect(context.stderr.text).toMatch(/^basepoint: .*\n$/);
    },
  );
});

/** A run that something was done to, and what each command says of it. */
const damaged: readonly (readonly [
  what: string,
  damage: (run: string) => Promise<unknown>,
  says: RegExp,
])[] = [
  ['that is not there', (run) => rm(run, { recursive: true }), /is no run that can be read/],
  ['without cells', (run) => writeRun(run, 5, { cells: [] }, undefined, 0), /bad has no cells/],
  ['without samples', (run) => writeRun(run, 5, {}, undefined, 0), /no samples|no start of/],
  ['of other cells', (run) => writeRun(run, 60, {}, cold), /a(\.json)? and bad share no cell/],
  [
    'of another host',
    (run) => writeRun(run, 5, { host: otherHost() }),
    /another host|hosts may not be compared/,
  ],
  [
    'that was interrupted',
    (run) => writeRun(run, 5, { state: 'interrupted' }),
    /bad is interrupted/,
  ],
  [
    'whose CSV is cut off',
    (run) => edit(join(run, 'samples.csv'), (text) => text.slice(0, -40)),
    /samples\.csv: .*(cut off|Invalid)/,
  ],
  [
    'whose CSV was edited',
    async (run) => {
      await writeRecord(run, recordOf([forkLoaded], { samplesSha256: await samplesHash(run) }));
      await edit(join(run, 'samples.csv'), (text) => text.replace('5.010', '5.011'));
    },
    /samples\.csv was changed after the run/,
  ],
];

function otherHost(): RunRecord['host'] {
  const { host } = recordOf([forkLoaded]);
  return { ...host, facts: { ...host.facts, cpuModel: { state: 'known', value: 'another CPU' } } };
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(file, change(text));
}

describe('a run', () => {
  it.each(damaged)('%s is neither compared nor made a baseline', (_, damage, says) =>
    inFolder(async (context, path) => {
      await basepoint(context, 'baseline', 'save', 'a', 'a.json');
      const before = await readFile(join(path, 'a.json'), 'utf8');
      await writeRun(join(path, 'bad'), 5);
      await damage(join(path, 'bad'));
      for (const args of [
        ['compare', 'a', 'bad'],
        ['compare', 'bad', 'a'],
        ['compare', 'a.json', 'bad'],
        ['baseline', 'accept', 'bad', 'a.json'],
        ['baseline', 'accept', 'bad', 'a.json', '--reason', 'why not'],
      ]) {
        context.stderr.text = '';
        expect(await basepoint(context, ...args), args.join(' ')).toBe(3);
        expect(context.stderr.text).toMatch(/^basepoint: /);
        if (args[1] !== 'bad') expect(context.stderr.text).toMatch(says);
      }
      expect(await readFile(join(path, 'a.json'), 'utf8')).toBe(before);
    }),
  );

  it('is no baseline where nothing was measured, and none is there to accept it into', () =>
    inFolder(async (context, path) => {
      await writeRun(join(path, 'empty'), 5, {}, forkLoaded, 0);
      await writeRun(join(path, 'none'), 5, { cells: [] }, forkLoaded, 0);
      expect(await basepoint(context, 'baseline', 'save', 'empty', 'b.json')).toBe(3);
      expect(await basepoint(context, 'baseline', 'save', 'none', 'b.json')).toBe(3);
      expect(await basepoint(context, 'baseline', 'save', 'nowhere', 'b.json')).toBe(3);
      const reason = ['--reason', 'the first'];
      expect(await basepoint(context, 'baseline', 'accept', 'a', 'b.json', ...reason)).toBe(3);
      expect(await basepoint(context, 'compare', 'b.json', 'a')).toBe(3);
      expect(await readdir(path)).not.toContain('b.json');
    }));

  it('of two sides of which one was not measured is neither passed nor called slower', () =>
    inFolder(async (context, path) => {
      const half = { ...forkLoaded, id: `${forkLoaded.id}/quiet`, kernelArguments: 'quiet' };
      using run = await RunFolder.create(
        join(path, 'half'),
        recordOf([forkLoaded, half]),
        () => undefined,
      );
      for (let i = 1; i <= 40; i++) run.take([okSample(half, i, 5)], half);
      expect(await basepoint(context, 'compare', 'half', '--by', 'kernelArguments')).toBe(4);
      expect(context.stdout.text).toContain('missing: no start of the baseline succeeded');
    }));
});

describe('basepoint compare --vary', () => {
  async function compareFake(context: TestContext, base: string, head: string, runs = 12) {
    const head1 = `runs: ${runs}\nwarmup: 1\ntimeout: 2s`;
    const cells = [{ orders: 'fake.ready=10', tiers: 'restore' }];
    const scenario = await fakeScenario(context.cwd, cells, head1);
    const vary = ['--vary', `kernelArguments=${base},${head}`];
    return basepoint(context, 'compare', '--scenario', scenario, ...vary, '--out', 'out');
  }

  it('measures both by turns in an ordinary run, and says which is slower', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    expect(await compareFake(context, 'fake.ready=10', 'fake.ready=60')).toBe(1);
    expect(context.stdout.text).toMatch(/\nrestore\/tiny\/tcg\/16M, ready: regressed: /);
    const rows = await samplesOf(join(folder.path, 'out'));
    const turns = rows.map(({ cell = '' }) => (cell.endsWith('=10') ? 'A' : 'B')).join('');
    expect(turns).toMatch(/^(AB|BA)(ABBA|BAAB){6}$/);
    const files = await readdir(join(folder.path, 'out'));
    expect(files).toEqual(
      expect.arrayContaining([
        'run.json',
        'samples.csv',
        'compare.json',
        'compare.md',
        'compare.png',
      ]),
    );
    const record = JSON.parse(
      await readFile(join(folder.path, 'out/run.json'), 'utf8'),
    ) as RunRecord;
    expect(record.command).toContain('kernelArguments=["fake.ready=10","fake.ready=60"]');
    const again = testContext(folder.path);
    expect(await basepoint(again, 'compare', 'out', '--by', 'kernelArguments', '--json')).toBe(1);
    const { outcome, cells } = JSON.parse(again.stdout.text) as Comparison & { outcome: string };
    expect([outcome, cells.map(({ id }) => id)]).toEqual(['regressed', ['restore/tiny/tcg/16M']]);
  }, 60_000);

  it('goes on with run --resume, by the same turns', async () => {
    await using folder = await temporaryFolder();
    const stop = new AbortController();
    const context = { ...testContext(folder.path), signal: stop.signal };
    const measuring = compareFake(context, 'fake.ready=10', 'fake.ready=30', 16);
    await expect
      .poll(() => samplesOf(join(folder.path, 'out')).catch(() => []), {
        timeout: 20_000,
        interval: 20,
      })
      .not.toHaveLength(0);
    stop.abort();
    expect(await measuring).toBe(130);
    const again = testContext(folder.path);
    expect(await basepoint(again, 'run', '--resume', 'out')).toBe(0);
    const rows = await samplesOf(join(folder.path, 'out'));
    const turns = rows.map(({ cell = '' }) => (cell.endsWith('=10') ? 'A' : 'B')).join('');
    expect(turns).toMatch(/^(AB|BA)(ABBA|BAAB){8}$/);
    expect(await basepoint(again, 'compare', 'out', '--by', 'kernelArguments')).toBe(1);
  }, 60_000);
});

describe('basepoint baseline', () => {
  it('is compared with as the run it was made of', () =>
    inFolder(async (context) => {
      expect(await basepoint(context, 'baseline', 'save', 'a', 'b.json')).toBe(0);
      expect(await basepoint(context, 'compare', 'b.json', 'same')).toBe(0);
      expect(await basepoint(context, 'compare', 'b.json', 'slow')).toBe(1);
      expect(await basepoint(context, 'baseline', 'save', 'a', 'b.json')).toBe(2);
    }));

  it('has one line for each list of samples, and is refused once one is edited', () =>
    inFolder(async (context, path) => {
      await basepoint(context, 'baseline', 'save', 'a', 'b.json');
      const file = join(path, 'b.json');
      const text = await readFile(file, 'utf8');
      expect(text).toMatch(/\n {8}"ready_ms": \[5\.01, 5\.02, [^\n]*\]/);
      await writeFile(file, text.replace('5.01', '9.01'));
      expect(await basepoint(context, 'compare', 'b.json', 'slow')).toBe(3);
      expect(context.stderr.text).toMatch(/b\.json is no baseline .* its checksum does not fit/);
      await writeFile(file, text.slice(0, 1000));
      expect(await basepoint(context, 'baseline', 'show', 'b.json')).toBe(3);
    }));

  it('accepts a slower run only with a reason, and keeps it', () =>
    inFolder(async (context) => {
      await basepoint(context, 'baseline', 'save', 'a', 'b.json');
      expect(await basepoint(context, 'baseline', 'accept', 'slow', 'b.json')).toBe(2);
      expect(context.stderr.text).toMatch(
        /slow is not surely as good as b\.json:\n[^]*regressed: [^]*\+3\.00 ms/,
      );
      const reason = ['--reason', 'the guest checks its disk'];
      expect(await basepoint(context, 'baseline', 'accept', 'slow', 'b.json', ...reason)).toBe(0);
      expect(await basepoint(context, 'compare', 'b.json', 'slow')).toBe(0);
      expect(await basepoint(context, 'baseline', 'accept', 'same', 'b.json')).toBe(0);
      context.stdout.text = '';
      await basepoint(context, 'baseline', 'show', 'b.json');
      expect(context.stdout.text).toMatch(/the guest checks its disk; [^]*the shift of \+3\.00 ms/);
    }));

  it('accepts a run of another host only where that is asked for, and with a reason', () =>
    inFolder(async (context, path) => {
      await basepoint(context, 'baseline', 'save', 'a', 'b.json');
      await writeRun(join(path, 'moved'), 5, { host: otherHost() });
      const accept = ['baseline', 'accept', 'moved', 'b.json'];
      expect(await basepoint(context, ...accept, '--reason', 'a new machine')).toBe(3);
      expect(context.stderr.text).toMatch(
        /on another host than b\.json:\n {2}CPU[^\n]*another CPU/,
      );
      expect(await basepoint(context, ...accept, '--other-host')).toBe(2);
      expect(await basepoint(context, ...accept, '--other-host', '--reason', 'a new machine')).toBe(
        0,
      );
      context.stdout.text = '';
      await basepoint(context, 'baseline', 'show', 'b.json');
      expect(context.stdout.text).toMatch(/a new machine; another host: CPU/);
    }));

  it('accepts what may be slower only with a reason', () =>
    inFolder(async (context, path) => {
      await basepoint(context, 'baseline', 'save', 'a', 'b.json');
      await writeRun(join(path, 'few'), 5, {}, forkLoaded, 4);
      expect(await basepoint(context, 'baseline', 'accept', 'few', 'b.json')).toBe(2);
      expect(context.stderr.text).toMatch(/inconclusive: /);
      const reason = ['--reason', 'it is the weekend'];
      expect(await basepoint(context, 'baseline', 'accept', 'few', 'b.json', ...reason)).toBe(0);
      context.stdout.text = '';
      await basepoint(context, 'baseline', 'show', 'b.json');
      expect(context.stdout.text).toMatch(/it is the weekend; [^]*inconclusive/);
    }));
});
