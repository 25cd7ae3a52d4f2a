// A QEMU that only says what it is: a script that answers the questions of inspectQemu.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder, removed at the end of the scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'basepoint-qemu-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Writes a file, and the folders above it. */
export async function plant(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** What a fake QEMU answers; the defaults are those of a plain build. */
export interface Answers {
  version?: string;
  machines?: string[];
  accelerators?: string[];
  dataDirectories?: string[];
}

/** Writes a fake QEMU. */
export async function fakeQemu(path: string, answers: Answers = {}): Promise<string> {
  const {
    version = 'QEMU emulator version 9.1.0',
    machines = ['pc  Standard PC (alias of pc-i440fx-9.1)', 'none  empty machine'],
    accelerators = ['tcg'],
    dataDirectories = [],
  } = answers;
  const script = [
    '#!/bin/sh',
    'case "$1" in',
    `--version) ${say([version, 'Copyright (c) 2003 and so on'])};;`,
    `-machine) ${say(['Supported machines are:', ...machines])};;`,
    `-accel) ${say(['Accelerators supported in QEMU binary:', ...accelerators])};;`,
    `-L) ${say(dataDirectories)};;`,
    'esac',
  ];
  await plant(path, script.join('\n'));
  await chmod(path, 0o755);
  return path;
}

function say(lines: string[]): string {
  return lines.length === 0
    ? 'true'
    : `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}`;
}
