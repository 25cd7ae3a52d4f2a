import { execa } from 'execa';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { home, temporaryFolder } from './support/context.js';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const text = await readFile(join(home, 'action.yml'), 'utf8');
const action = parse(text) as Action;
const scripts = action.runs.steps.filter(({ run }) => run !== undefined);

describe('the action', () => {
  it('declares every input that it uses, and uses every one that it declares', () => {
    const used = [...text.matchAll(/\binputs\.([\w-]+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
    for (const { description } of Object.values(action.inputs)) expect(description).toBeTruthy();
  });

  it('puts no input into a script, where its text would be run', () => {
    for (const { run } of scripts) expect(run).not.toContain('${{');
  });

  it.each(scripts)('has a script that bash can read: $name', async ({ run = '', shell }) => {
    expect(shell).toBe('bash');
    await execa('bash', ['-n'], { input: run });
  });
});

describe('its gate', () => {
  const step = action.runs.steps.find(({ id }) => id === 'gate');

  /** Runs the step with a `node` that writes down what it was given. */
  async function runGate(env: Readonly<Record<string, string>>, code: number) {
    await using folder = await temporaryFolder();
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'node'),
      `#!/bin/sh\nfor word in "$@"; do echo "$word"; done > ${folder.path}/words\nexit ${code}\n`,
    );
    await chmod(join(bin, 'node'), 0o755);
    const given = {
      ...{ SCENARIO: 's.yaml', LIMITS: 'l.yaml', RESULTS: 'out' },
      ...{ SIDES: '', VARY: '', BASELINE: '' },
    };
    const { exitCode } = await execa('bash', ['-e', '-o', 'pipefail', '-c', step?.run ?? 'false'], {
      reject: false,
      env: {
        ...{ ...given, ...env },
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        GITHUB_ACTION_PATH: '/action',
        GITHUB_OUTPUT: join(folder.path, 'output'),
      },
    });
    const words = (await readFile(join(folder.path, 'words'), 'utf8')).trim().split('\n');
    return { exitCode, words, output: await readFile(join(folder.path, 'output'), 'utf8') };
  }

  it('is given every input that it names', () => {
    const env = Object.keys(step?.env ?? {});
    const names = [...(step?.run ?? '').matchAll(/\$([A-Z]+)\b/g)].map(([, name]) => name ?? '');
    expect(env.filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !name.startsWith('GITHUB') && !env.includes(name))).toEqual([]);
  });

  it('compares the sides of one run', async () => {
    const { words, exitCode } = await runGate({ SIDES: 'a b,c' }, 0);
    expect(words).toEqual([
      ...['/action/dist/bin.js', 'gate', 's.yaml', '--limits', 'l.yaml', '--sides', 'a b,c'],
      ...['--out', 'out', '--junit', 'out.junit.xml'],
    ]);
    expect(exitCode).toBe(0);
  });

  it('gives the cells both values of a knob', async () => {
    const { words } = await runGate({ VARY: 'qemu=./base,./head' }, 0);
    expect(words.slice(5, 7)).toEqual(['--vary', 'qemu=./base,./head']);
  });

  it.each([1, 4])('fails the job, and says how, where the gate exits with %d', async (code) => {
    const { exitCode, output } = await runGate({ BASELINE: 'base' }, code);
    expect([exitCode, output]).toEqual([code, `exit-code=${code}\n`]);
  });
});
