/** `basepoint compare` and `basepoint baseline` on runs whose samples are made up. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { RunRecord } from '../../src/results/record.js';
import { RunFolder } from '../../src/results/run-folder.js';
import { testContext, temporaryFolder, type TestContext } from '../support/context.js';
import { basepoint } from '../support/fake-scenario.js';
import { okSample, recordOf } from '../results/made-run.js';
import { cold, forkLoaded } from './made-sides.js';

/** A run of 40 starts whose `ready` is around this. */
async function writeRun(
  path: string,
  readyMs: number,
  replaced: Partial<RunRecord> = {},
  cell = forkLoaded,
): Promise<void> {
  using folder = await RunFolder.create(path, recordOf([cell], replaced), () => undefined);
  for (let i = 1; i <= 40; i++) folder.take([okSample(cell, i, readyMs + 0.01 * (i % 20))], cell);
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
    }));

  it('never exits 0 where nothing can be compared', () =>
    inFolder(async (context, path) => {
      await writeRun(join(path, 'cold'), 60, {}, cold);
      await writeRun(join(path, 'half'), 5, { state: 'interrupted' });
      await writeFile(join(path, 'slow/samples.csv'), 'run_id\n');
      for (const other of ['cold', 'half', 'slow', 'nowhere']) {
        expect(await basepoint(context, 'compare', 'a', other), other).toBe(3);
      }
      expect(context.stderr.text).toMatch(/a and cold share no cell/);
      expect(context.stderr.text).toMatch(/half is interrupted/);
      expect(await basepoint(context, 'compare', 'a')).toBe(2);
    }));
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
      expect(context.stderr.text).toMatch(/slow is not as good as b\.json:\n[^]*\+3\.00 ms/);
      const reason = ['--reason', 'the guest checks its disk'];
      expect(await basepoint(context, 'baseline', 'accept', 'slow', 'b.json', ...reason)).toBe(0);
      expect(await basepoint(context, 'compare', 'b.json', 'slow')).toBe(0);
      expect(await basepoint(context, 'baseline', 'accept', 'same', 'b.json')).toBe(0);
      context.stdout.text = '';
      await basepoint(context, 'baseline', 'show', 'b.json');
      expect(context.stdout.text).toMatch(/the guest checks its disk; [^]*the shift of \+3\.00 ms/);
    }));
});
