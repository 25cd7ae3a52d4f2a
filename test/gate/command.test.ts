import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { home, temporaryFolder, testContext, type TestContext } from '../support/context.js';
import { basepoint, fakeScenario, samplesOf } from '../support/fake-scenario.js';

const [ladder = ''] = readdirSync(join(home, 'results/published')).filter((name) =>
  name.endsWith('-ladder'),
);
const published = join(home, 'results/published', ladder);
const limits = join(home, 'limits/default.yaml');

/** Judges a run that something was done to, against the published one. */
async function gateDamaged(damage: (run: string) => Promise<void>, ...more: readonly string[]) {
  await using folder = await temporaryFolder();
  const run = join(folder.path, 'run');
  await mkdir(run);
  for (const file of ['run.json', 'samples.csv']) {
    await cp(join(published, file), join(run, file));
  }
  await damage(run);
  const context = testContext(folder.path);
  const args = ['gate', '--limits', limits, '--baseline', published, '--candidate', run, ...more];
  const code = await basepoint(context, ...args, '--junit', 'junit.xml');
  const junit = await readFile(join(folder.path, 'junit.xml'), 'utf8').catch(() => '');
  return { code, junit, text: context.stdout.text + context.stderr.text };
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

describe('gate', () => {
  it('passes a run against itself', async () => {
    const { code, junit } = await gateDamaged(() => Promise.resolve());
    expect(code).toBe(0);
    expect(junit).toMatch(/<testsuites .*failures="0" errors="0"/);
  });

  const cases: readonly (readonly [
    what: string,
    code: number,
    damage: (run: string) => Promise<void>,
    says: RegExp,
  ])[] = [
    [
      'a candidate without samples',
      3,
      (run) => edit(join(run, 'samples.csv'), (text) => text.slice(0, text.indexOf('\n') + 1)),
      /no samples|was changed after the run/,
    ],
    [
      'a candidate without cells',
      3,
      async (run) => {
        await edit(join(run, 'run.json'), (text) =>
          JSON.stringify({ ...(JSON.parse(text) as object), cells: [], samplesSha256: undefined }),
        );
        await edit(join(run, 'samples.csv'), (text) => text.slice(0, text.indexOf('\n') + 1));
      },
      /has no cells/,
    ],
    [
      'a candidate of warm-ups alone',
      3,
      async (run) => {
        await edit(join(run, 'run.json'), (text) =>
          JSON.stringify({ ...(JSON.parse(text) as object), samplesSha256: undefined }),
        );
        await edit(join(run, 'samples.csv'), (text) => text.replaceAll(',measure,', ',warmup,'));
      },
      /has no samples/,
    ],
    [
      'an edited samples.csv',
      3,
      async (run) => {
        const csv = join(run, 'samples.csv');
        const measured = createHash('sha256')
          .update(await readFile(csv))
          .digest('hex');
        await edit(join(run, 'run.json'), (text) =>
          JSON.stringify({ ...(JSON.parse(text) as object), samplesSha256: measured }),
        );
        await edit(csv, (text) => text.replace(/(?<=,measure,ok,.*)1(?=.*\n$)/, '2'));
      },
      /samples\.csv was changed after the run/,
    ],
    [
      'a truncated samples.csv',
      3,
      (run) => edit(join(run, 'samples.csv'), (text) => text.slice(0, -40)),
      /samples\.csv: .*(cut off|Invalid)/,
    ],
    [
      'a run of other cells',
      3,
      (run) =>
        edit(join(run, 'run.json'), (text) => text.replace('"id": "cold/tiny', '"id": "x/tiny')),
      /cold\/tiny/,
    ],
    [
      'a run on another host',
      3,
      (run) => edit(join(run, 'run.json'), (text) => text.replace(/Intel|AMD/, 'Other')),
      /host/,
    ],
    [
      'a run that was interrupted',
      3,
      (run) =>
        edit(join(run, 'run.json'), (text) =>
          text.replace('"state": "complete"', '"state": "interrupted"'),
        ),
      /is interrupted/,
    ],
    [
      'a file that is no record',
      3,
      (run) => writeFile(join(run, 'run.json'), '{}'),
      /no run that can be read/,
    ],
  ];
  it.each(cases)('never passes %s: exit code %d, and an error in JUnit', async (...given) => {
    const [, expected, damage, says] = given;
    const { code, junit, text } = await gateDamaged(damage);
    expect([code, text]).toEqual([expected, expect.stringMatching(says)]);
    expect(junit).toMatch(/<error /);
  });

  const wrong: readonly (readonly [what: string, code: number, args: readonly string[]])[] = [
    ['a missing baseline', 3, ['--baseline', 'nowhere', '--candidate', published]],
    ['no baseline', 2, ['--candidate', published]],
    ['no candidate', 2, ['--baseline', published]],
    ['a baseline and sides', 2, ['--baseline', published, '--sides', 'a,b', 'x.yaml']],
    ['a baseline and a knob', 2, ['--baseline', published, '--vary', 'vcpus=1,2', 'x.yaml']],
    ['a knob of what was measured', 2, ['--candidate', published, '--vary', 'vcpus=1,2']],
    ['sides that no cell has', 2, ['--candidate', published, '--sides', 'left,right']],
  ];
  it.each(wrong)('never passes %s', async (_, code, args) => {
    const context = testContext('/');
    expect(await basepoint(context, 'gate', '--limits', limits, ...args)).toBe(code);
    expect(context.stderr.text).toMatch(/^basepoint: .*\n$/);
    const bisect = await basepoint(context, 'gate', '--limits', limits, ...args, '--bisect');
    expect(bisect).toBe(code === 2 ? 128 : 125);
  });

  it('tests itself: sees a slow-down in the samples, and nothing in the same ones', async () => {
    const context = testContext('/');
    const args = ['--limits', limits, '--baseline', published, '--self-test'];
    expect(await basepoint(context, 'gate', ...args)).toBe(0);
    expect(context.stdout.text).toBe(
      'slowed down by 5 times its floors: caught, in 17 of 17 comparisons\nagainst itself: passed\n',
    );
  });

  it('does not trust limits that let every slow-down pass', async () => {
    await using folder = await temporaryFolder();
    const loose = join(folder.path, 'loose.yaml');
    await writeFile(loose, 'limits: [{ failureRate: 50% }]\n');
    const context = testContext('/');
    const args = ['--limits', loose, '--baseline', published, '--self-test'];
    expect(await basepoint(context, 'gate', ...args)).toBe(3);
    expect(context.stdout.text).toContain('NOT CAUGHT');
  });
});

describe('gate of base and head by turns', () => {
  it('starts the cells of a scenario with both values of a knob', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const file = join(folder.path, 'limits.yaml');
    const regression = '{ relative: 5%, absolute: 50ms }';
    await writeFile(file, `extraRounds: 0\nlimits: [{ regression: ${regression} }]\n`);
    const cells = [{ orders: 'fake.ready=10', tiers: 'restore' }];
    const scenario = await fakeScenario(folder.path, cells, 'runs: 20\nwarmup: 1\ntimeout: 2s');
    const gate = (head: string) => {
      const vary = ['--vary', `kernelArguments=fake.ready=10,fake.ready=${head}`];
      return basepoint(
        context,
        'gate',
        scenario,
        '--limits',
        file,
        ...vary,
        '--out',
        `out-${head}`,
      );
    };
    expect(await gate('11')).toBe(0);
    expect(await gate('150')).toBe(1);
    const rows = await samplesOf(join(folder.path, 'out-150'));
    const turns = rows.map(({ cell = '' }) => (cell.endsWith('=10') ? 'A' : 'B')).join('');
    expect(turns).toMatch(/^(AB|BA)(ABBA|BAAB){10}$/);
    expect(context.stdout.text).toContain('restore/tiny/tcg/16M, ready: regressed');
  }, 60_000);

  it('measures nothing where the baseline is of other cells, and names them', async () => {
    await using folder = await temporaryFolder();
    const context = testContext(folder.path);
    const limitsFile = join(folder.path, 'limits.yaml');
    await writeFile(limitsFile, 'limits: [{ failureRate: 2% }]\n');
    const scenario = await fakeScenario(folder.path, [{ orders: 'fake.ready=1', tiers: 'cold' }]);
    const args = ['gate', scenario, '--limits', limitsFile, '--baseline', published];
    expect(await basepoint(context, ...args, '--out', 'out')).toBe(3);
    expect(context.stderr.text).toMatch(
      /has other cells than would be measured; measure the scenario that it was made of:\n {2}cold\/tiny\/\S+: only in the baseline\n/,
    );
    expect(context.stderr.text).toContain('cold/tiny/tcg/16M: not in the baseline');
    expect(readdirSync(folder.path)).not.toContain('out');
  });

  describe('where this host cannot start a cell', () => {
    async function gateSkipping(treatment: string, cells: string) {
      await using folder = await temporaryFolder();
      const context = testContext(folder.path);
      const file = join(folder.path, 'limits.yaml');
      const entry = `{ cells: ${cells}, regression: { relative: 5%, absolute: 50ms } }`;
      await writeFile(
        file,
        `extraRounds: 0\nminimumSamples: 6\nskippedCells: ${treatment}\nlimits: [${entry}]\n`,
      );
      const orders = ['fake.ready=10', 'fake.ready=11'];
      const fakes = orders.map((one) => ({ orders: one, tiers: '[restore, floor]' }));
      const scenario = await fakeScenario(folder.path, fakes, 'runs: 20\nwarmup: 1\ntimeout: 2s');
      const args = [scenario, '--limits', file, '--sides', orders.join(','), '--out', 'out'];
      const code = await basepoint(context, 'gate', ...args, '--junit', 'junit.xml');
      const measured = readdirSync(folder.path).includes('out');
      const junit = await readFile(join(folder.path, 'junit.xml'), 'utf8');
      return { code, measured, junit, text: context.stdout.text + context.stderr.text };
    }

    it('measures nothing, says why and how to go on, and exits 3', async () => {
      const { code, measured, junit, text } = await gateSkipping('refuse', "'*'");
      expect([code, measured]).toEqual([3, false]);
      expect(text).toMatch(
        /limits\.yaml limits cells that this host cannot start \("skippedCells: warn" judges the others\):\n {2}floor\/tiny\/tcg\/16M: the floor is that of KVM/,
      );
      expect(junit).toContain('<error ');
    });

    it('judges the others where limits say so, and names what it skipped', async () => {
      const { code, text } = await gateSkipping('warn', "'*'");
      expect(code, text).toBe(0);
      expect(text).toMatch(/floor\/tiny\/tcg\/16M: was skipped, because the floor is that of KVM/);
    });

    it('measures nothing either where a limit matches no cell', async () => {
      const { code, measured, text } = await gateSkipping('warn', 'frok/*');
      expect([code, measured]).toEqual([2, false]);
      expect(text).toContain('no cell matches "frok/*"');
    });
  });

  async function gateFake(context: TestContext, base: string, head: string) {
    const file = join(context.cwd, 'limits.yaml');
    await writeFile(
      file,
      'minimumSamples: 6\nextraRounds: 5\nlimits:\n  - regression: { relative: 5%, absolute: 1ms }\n',
    );
    const cells = [base, head].map((orders) => ({ orders, tiers: 'restore' }));
    const scenario = await fakeScenario(context.cwd, cells, 'runs: 12\nwarmup: 1\ntimeout: 2s');
    const args = [scenario, '--limits', file, '--sides', `${base},${head}`, '--out', 'out'];
    return basepoint(context, 'gate', ...args);
  }

  it('adds rounds on suspicion, to both sides, and then stops the change', async () => {
    await using folder = await temporaryFolder();
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder.path, 'summary.md') };
    const plain = testContext(folder.path);
    const context = { ...plain, env: { ...plain.env, ...env } };
    expect(await gateFake(context, 'fake.ready=10', 'fake.ready=60')).toBe(1);
    expect(context.stderr.text).toContain(
      'restore/tiny/tcg/16M, ready: regressed: 5 more rounds are added\n',
    );
    const rows = (await readFile(join(folder.path, 'out/samples.csv'), 'utf8')).trim().split('\n');
    expect(rows).toHaveLength(1 + 2 * (1 + 12 + 5));
    const record = JSON.parse(await readFile(join(folder.path, 'out/run.json'), 'utf8')) as {
      readonly added: readonly { readonly after: number }[];
    };
    expect(record.added).toMatchObject([{ after: 26 }]);
    expect(context.stdout.text).toContain('::error file=');
    expect(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8')).toMatch(/^## Start-up: 1 regressed/);
  }, 60_000);
});
