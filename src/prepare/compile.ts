/** Builds the guests' own programs from kernels/. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';

import { EnvironmentError } from '../errors.js';
import type { Context } from '../context.js';

/** A program as a compiler is told to make it; sources are relative to kernels/. */
export interface Program {
  readonly sources: readonly string[];
  /** Read by the sources, so part of what made the program. */
  readonly headers: readonly string[];
  readonly flags: readonly string[];
}

const freestanding = [
  '-std=gnu11',
  ...['-Wall', '-Wextra', '-Werror', '-O2', '-ffreestanding', '-nostdlib', '-static', '-no-pie'],
  ...['-fno-pie', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-s'],
  '-Wl,--build-id=none',
];

export const tinyProgram: Program = {
  sources: ['tiny/start.S', 'tiny/main.c'],
  headers: ['protocol.h', 'tiny/tiny.ld'],
  flags: [
    ...freestanding,
    // no SSE, and no red zone that an interrupt would overwrite
    ...['-mno-red-zone', '-mgeneral-regs-only', '-fcf-protection=none'],
    ...['-Wl,-T,tiny/tiny.ld', '-Wl,--no-warn-rwx-segments'],
  ],
};

export const initProgram: Program = {
  sources: ['init/init.c', 'init/log.c', 'init/observe.c', 'init/random.c'],
  headers: [
    ...['protocol.h', 'init/log.h', 'init/observe.h', 'init/port.h', 'init/random.h'],
    'init/syscalls.h',
  ],
  flags: freestanding,
};

/** PID 1 of the container tiers. */
export const containerProgram: Program = {
  sources: ['container/main.c'],
  headers: ['protocol.h', 'init/syscalls.h'],
  flags: freestanding,
};

/** Everything that decides what comes out of the compiler. */
export async function programInputs(program: Program, context: Context): Promise<unknown> {
  const files = [...program.sources, ...program.headers];
  const texts = await Promise.all(
    files.map((file) => readFile(join(context.home, 'kernels', file), 'utf8')),
  );
  return { files, texts, flags: program.flags, compiler: await compilerVersion(context) };
}

/** @throws EnvironmentError with the compiler's words */
export async function compile(program: Program, output: string, context: Context): Promise<void> {
  const args = [...program.flags, '-o', output, ...program.sources];
  try {
    await execa(compiler(context), args, {
      cwd: join(context.home, 'kernels'),
      cancelSignal: context.signal,
    });
  } catch (error) {
    const words = error instanceof ExecaError ? error.stderr : String(error);
    throw new EnvironmentError(`cannot build ${program.sources.join(', ')}: ${String(words)}`, {
      cause: error,
    });
  }
}

async function compilerVersion(context: Context): Promise<string> {
  try {
    const { stdout } = await execa(compiler(context), ['--version'], { lines: true });
    return stdout[0] ?? '';
  } catch (error) {
    throw new EnvironmentError('no C compiler: install gcc, or run scripts/setup.sh', {
      cause: error,
    });
  }
}

function compiler(context: Context): string {
  return context.env['CC'] ?? 'cc';
}
