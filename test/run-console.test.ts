import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { testContext, temporaryFolder } from './support/context.js';
import { basepoint, fakeScenario, samplesOf, type FakeCell } from './support/fake-scenario.js';
import { elf } from './support/kernel-images.js';

/** A guest without our PID 1, and a usual one beside it. */
async function run(orders: string, tiers: string, more: readonly FakeCell[] = []) {
  const folder = await temporaryFolder();
  const context = testContext(folder.path);
  await writeFile(join(folder.path, 'kernel'), elf());
  const ready =
    "{ console: '^fake console: up$', send: \"say {nonce}\\n\", answer: '^heard {nonce}$' }";
  const guest = `{ kernel: kernel, name: own, initramfs: none, ready: ${ready} }`;
  const cells = [{ orders, tiers, guest }, ...more];
  const scenario = await fakeScenario(folder.path, cells, 'runs: 6\nwarmup: 1\ntimeout: 1s');
  const code = await basepoint(context, 'run', scenario, '--out', 'out');
  const out = join(folder.path, 'out');
  const read = (name: string) => readFile(join(out, name), 'utf8');
  return { folder, context, code, out, read };
}

describe('a run of a guest without our PID 1', () => {
  it('says where its starts end, and compares them with none that end elsewhere', async () => {
    const usual = { orders: 'fake.ready=1', tiers: '[cold, restore]' };
    const ran = await run('fake.console=answers', '[cold, restore]', [usual]);
    await using folder = ran.folder;
    expect(folder.path).not.toBe('');
    expect(ran.code, ran.context.stderr.text).toBe(0);
    const samples = await samplesOf(ran.out);
    const own = samples.filter(({ guest }) => guest === 'own');
    expect(own.map(({ failure }) => failure).filter(Boolean)).toEqual([]);
    expect(new Set(own.map(({ ends }) => ends))).toEqual(new Set(['answer']));
    expect(own.every(({ work_ms: work, guest_id: id }) => work === '' && id === '')).toBe(true);
    expect(own.every((row) => (row['line_ms'] === '') === (row['tier'] === 'restore'))).toBe(true);
    const report = await ran.read('report.md');
    expect(report).toMatch(
      /\| restore \| own \(ends: console answer\) \|.*\| [\d.]+ \| about 150 \|/,
    );
    for (const text of [report, ran.context.stdout.text, await ran.read('report.html')]) {
      expect(text).toContain(
        'own does not have our PID 1: ready is when the guest answered on its console',
      );
      expect(text).toContain('clones are not reseeded by the harness');
    }
    // Six starts are too few for more than "inconclusive".
    expect([0, 4]).toContain(await basepoint(ran.context, 'compare', 'out', 'out'));
  });

  it('fails a cell whose line never comes, with its pattern and what the console said', async () => {
    const ran = await run('fake.console=silent', 'restore');
    await using folder = ran.folder;
    expect(folder.path).not.toBe('');
    expect(ran.code).toBe(3);
    const [sample] = await samplesOf(ran.out);
    expect(sample?.['failure']).toContain(
      "cannot make a template, because no line of the guest's console matched /^fake console: up$/",
    );
  });
});
