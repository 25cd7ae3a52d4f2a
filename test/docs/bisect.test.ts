/** The example of docs/ci.md for `git bisect run`, as it is there, in a repository made for it. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

import { fakeQemu, home, temporaryFolder } from '../support/context.js';

/** What each commit makes of `head`: how long it waits before it is QEMU, or that it does not build. */
const commits = [
  ['the first', 'sleep 0'],
  ['a change', 'sleep 0.002'],
  ['broken', undefined],
  ['another change', 'sleep 0.001'],
  ['slower', 'sleep 0.2'],
  ['the last', 'sleep 0.2'],
] as const;

/** Builds `head` from its source, as a project would its QEMU. */
const makefile = `head: head.in
\tcp head.in head
\tchmod +x head
`;

function script(wait: string): string {
  return `#!/bin/sh\ncase "$*" in *-chardev*) ${wait} ;; esac\nexec ${fakeQemu} "$@"\n`;
}

const scenario = `name: ab
runs: 16
warmup: 1
timeout: 5s
matrix:
  - { guest: tiny, tier: restore, accel: tcg, memory: 16M, firmware: ./firmware.bin,
      kernelArguments: fake.ready=10, qemu: [./base, ./head] }
`;
// A busy host adds tens of ms: they must not decide.
const limits = `minimumSamples: 6
extraRounds: 0
limits: [{ regression: { relative: 5%, absolute: 100ms } }]
`;

it('finds the commit that made starts slower, and skips the one that does not build', async () => {
  await using folder = await temporaryFolder();
  const repository = join(folder.path, 'repository');
  await execa('git', ['init', '--quiet', repository]);
  const env = {
    PATH: `${folder.path}:${process.env['PATH'] ?? ''}`,
    BASEPOINT_CACHE: join(folder.path, 'cache'),
  };
  const run = execa({ cwd: repository, env, all: true });
  const program = join(folder.path, 'basepoint');
  await writeFile(program, `#!/bin/sh\nexec node ${join(home, 'dist/bin.js')} "$@"\n`);
  await writeFile(join(repository, 'base'), script(':'));
  for (const file of [program, join(repository, 'base')]) await chmod(file, 0o755);
  const files = { Makefile: makefile, 'ab.yaml': scenario, 'limits.yaml': limits };
  for (const [name, text] of Object.entries(files)) await writeFile(join(repository, name), text);
  await writeFile(join(repository, 'firmware.bin'), 'no firmware at all');
  await writeFile(join(repository, '.gitignore'), 'head\nresults\n');
  const hashes = new Map<string, string>();
  for (const [message, wait] of commits) {
    const source = wait === undefined ? undefined : script(wait);
    const name = join(repository, 'head.in');
    await (source === undefined ? run`git rm --quiet head.in` : writeFile(name, source));
    await run`git add -A`;
    const who = ['-c', 'user.name=x', '-c', 'user.email=x@y'];
    await run('git', [...who, 'commit', '--quiet', '--allow-empty', '-m', message]);
    hashes.set(message, (await run`git rev-parse HEAD`).stdout);
  }
  const docs = await readFile(join(home, 'docs/ci.md'), 'utf8');
  const [, example = ''] = /```sh\n(git bisect start BAD GOOD\n[^]*?)```/.exec(docs) ?? [];
  const commands = example.replace('BAD GOOD', `HEAD ${hashes.get('the first') ?? ''}`);
  const { all } = await run('sh', ['-ec', commands], { reject: false });
  expect(all).toContain(`${hashes.get('slower') ?? ''} is the first bad commit`);
  expect(all).toContain(`[${hashes.get('broken') ?? ''}] broken`);
}, 120_000);
