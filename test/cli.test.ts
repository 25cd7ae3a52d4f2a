import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Context } from '../src/context.js';
import { main } from '../src/main.js';
import { tierNames } from '../src/tiers.js';

const home = join(import.meta.dirname, '..');

let out: string;
let err: string;

/** A context without a terminal, a cache or anything on PATH. */
const context: Context = {
  env: { PATH: '' },
  cwd: '/',
  pid: 1,
  uid: 0,
  stdout: { write: (text) => (out += text) },
  stderr: { write: (text) => (err += text) },
  signal: new AbortController().signal,
  home,
  nodeVersion: 'v20.19.0',
  version: '1.2.3',
};

beforeEach(() => {
  out = '';
  err = '';
});

describe('a wrong command line gives exit code 2 and one line', () => {
  const run = ['run', 'x.yaml'];
  const cases: readonly [what: string, args: readonly string[], line: string][] = [
    [
      'no command',
      [],
      'name a command: run, plan, report, compare, baseline, gate, export, calibrate, doctor or kernels (see --help)',
    ],
    ['a command misspelt', ['rnu'], 'Did you mean run?'],
    ['an unknown command', ['frobnicate'], 'unknown command or option "frobnicate"; see --help'],
    ['an unknown option', [...run, '--quux'], 'unknown command or option "quux"; see --help'],
    [
      'an option misspelt',
      [...run, '--sed', '3'],
      'unknown command or option "sed" (did you mean "seed"?); see --help',
    ],
    ['no scenario', ['run'], 'name a scenario file, or a folder to go on with: --resume FOLDER'],
    [
      'a run that goes on with another scenario',
      ['run', '--resume', 'out', 'x.yaml'],
      '--resume goes on with a run as it was planned: leave out the scenario x.yaml',
    ],
    [
      'a run that goes on with another seed',
      ['run', '--resume', 'out', '--seed', '3'],
      '--resume goes on with a run as it was planned: leave out --seed',
    ],
    [
      'two runs to go on with',
      ['run', '--resume', 'a', '--resume', 'b'],
      '--resume is given twice',
    ],
    [
      'runs that are no number',
      [...run, '--runs', 'many'],
      '--runs must be a whole number of at least 1, got "many"',
    ],
    ['no runs', [...run, '--runs', '0'], '--runs must be a whole number of at least 1, got "0"'],
    [
      'half a run',
      [...run, '--runs', '1.5'],
      '--runs must be a whole number of at least 1, got "1.5"',
    ],
    [
      'runs below 0',
      [...run, '--runs=-3'],
      '--runs must be a whole number of at least 1, got "-3"',
    ],
    ['runs without a number', [...run, '--runs'], 'Not enough arguments following: runs'],
    [
      'a seed below 0',
      [...run, '--seed=-1'],
      '--seed must be a whole number of at least 0, got "-1"',
    ],
    [
      'a seed of 33 bits',
      [...run, '--seed', '4294967296'],
      '--seed must be a whole number of at least 0, got "4294967296"',
    ],
    [
      'an unknown tier',
      [...run, '--only', 'cold,restroe'],
      `--only: unknown tier "restroe" (did you mean "restore"?); tiers: ${tierNames.join(', ')}`,
    ],
    [
      'an unknown accelerator',
      [...run, '--accel', 'hvf'],
      'Invalid values: Argument: accel, Given: "hvf", Choices: "kvm", "tcg", "auto"',
    ],
    ['an option given twice', [...run, '--runs', '3', '--runs', '4'], '--runs is given twice'],
    [
      'a scenario that is not there',
      ['plan', 'none.yaml'],
      "none.yaml: cannot be read: ENOENT: no such file or directory, open '/none.yaml'",
    ],
    [
      'a scenario that is not there, to run',
      ['run', 'none.yaml'],
      "none.yaml: cannot be read: ENOENT: no such file or directory, open '/none.yaml'",
    ],
    [
      'a scenario that is a folder',
      ['plan', '/'],
      '/: cannot be read: EISDIR: illegal operation on a directory, read',
    ],
  ];
  it.each(cases)('%s', async (_, args, line) => {
    const code = await main(args, context);
    expect(err).toBe(`basepoint: ${line}\n`);
    expect(code).toBe(2);
    expect(out).toBe('');
  });
});

describe('a run that cannot be read', () => {
  it('gives exit code 3 and one line', async () => {
    expect(await main(['report', 'nowhere'], context)).toBe(3);
    expect(err).toMatch(/^basepoint: \/nowhere is no run that can be read: ENOENT.*\n$/);
    expect(out).toBe('');
  });
});

describe('an interrupt', () => {
  it('gives exit code 130, whatever it interrupted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    expect(await main(['report', 'nowhere'], { ...context, signal })).toBe(130);
    expect(err).toBe('basepoint: interrupted\n');
  });
});

describe('a defect', () => {
  it('is called one, and shows where it is', async () => {
    const broken = {
      ...context,
      stdout: {
        write: () => {
          throw new TypeError('no such thing');
        },
      },
    };
    expect(await main(['--version'], broken)).toBe(3);
    expect(err).toMatch(
      /^basepoint: this is a defect of basepoint, please report it\nTypeError: no such thing\n {4}at /,
    );
  });
});

describe('what is asked of the program itself', () => {
  it('--version is its version', async () => {
    expect(await main(['--version'], context)).toBe(0);
    expect(out).toBe('1.2.3\n');
    expect(err).toBe('');
  });

  it('--help names every command', async () => {
    expect(await main(['--help'], context)).toBe(0);
    for (const command of ['run [scenario..]', 'plan <scenario..>', 'report <folder>', 'doctor']) {
      expect(out).toContain(`basepoint ${command}`);
    }
    expect(err).toBe('');
  });

  it('run --help names every option', async () => {
    expect(await main(['run', '--help'], context)).toBe(0);
    for (const option of ['runs', 'only', 'accel', 'qemu', 'seed', 'out']) {
      expect(out).toContain(`--${option} `);
    }
    expect(err).toBe('');
  });
});

it('ends as trouble of the host where the disk is full, and never like a regression', async () => {
  const bin = join(home, 'dist/bin.js');
  const codes = [];
  for (const more of ['', ' --bisect']) {
    const shell = `"$0" "$1" gate --help${more} > /dev/full; echo "code $?"`;
    const { stdout, stderr } = await execa('bash', ['-c', shell, process.execPath, bin]);
    expect(stderr).toMatch(/^basepoint: cannot write what it has to say: ENOSPC.*$/);
    codes.push(stdout);
  }
  expect(codes).toEqual(['code 3', 'code 125']);
});

it('ends without a word where its reader has gone, as `head` does', async () => {
  const reader = '{ exec <&-; sleep 1; }';
  const shell = `{ "$0" "$1" --help 2>&3 | ${reader}; echo "code \${PIPESTATUS[0]}"; } 3>&1`;
  const bin = join(home, 'dist/bin.js');
  const { stdout } = await execa('bash', ['-c', shell, process.execPath, bin]);
  expect(stdout).toBe('code 0');
});
