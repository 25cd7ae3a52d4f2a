/** What building a kernel needs of the host, beyond what the rest of basepoint does. */
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../../context.js';
import { EnvironmentError } from '../../errors.js';
import { isExecutable } from '../../host/paths.js';

/** Programs, and the packages that have them. */
const programs: Readonly<Record<string, string>> = {
  gcc: 'gcc',
  ld: 'binutils',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  perl: 'perl',
  xz: 'xz-utils',
  lz4: 'lz4',
};

/** Headers, and the packages that have them. */
const headers: Readonly<Record<string, string>> = { 'gelf.h': 'libelf-dev' };

/** @throws EnvironmentError that names every missing package and how to install them */
export async function checkNeeds(context: Context): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(programs)) {
    if (!(await isProgram(program, context))) missing.push(name);
  }
  if (missing.length === 0) {
    for (const [header, name] of Object.entries(headers)) {
      if (!(await isHeader(header, context))) missing.push(name);
    }
  }
  if (missing.length === 0) return;
  throw new EnvironmentError(
    `building a kernel needs packages that are not installed: ${missing.join(', ')}\n  apt-get install ${missing.join(' ')}\n  or, for all there is: BASEPOINT_SETUP=kernels bash scripts/setup.sh`,
  );
}

async function isProgram(name: string, { env }: Context): Promise<boolean> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, name))));
  return found.includes(true);
}

async function isHeader(name: string, { env }: Context): Promise<boolean> {
  const options = { input: `#include <${name}>\n`, env, extendEnv: false, reject: false } as const;
  return (await execa('gcc', ['-E', '-x', 'c', '-'], options)).exitCode === 0;
}

/** What decides the bytes besides the source: one line each. */
export async function toolchainOf({ env }: Context): Promise<readonly string[]> {
  const tools = ['gcc', 'ld'].map(async (tool) => {
    const { stdout } = await execa(tool, ['--version'], { env, extendEnv: false, lines: true });
    return stdout[0] ?? '';
  });
  return Promise.all(tools);
}
