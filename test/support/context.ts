/** What tests give the program instead of a process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Context } from '../../src/context.js';

export const home = fileURLToPath(new URL('../..', import.meta.url));
export const fakeQemu = join(home, 'dist/native/fake-qemu');
export const launcher = join(home, 'dist/native/basepoint-launch');

export class CapturedOutput {
  text = '';
  readonly isTTY = false;
  write(text: string): void {
    this.text += text;
  }
}

export type TestContext = Context & {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
};

/** A context whose cache is its own, so that nothing on the machine decides a test. */
export function testContext(
  folder: string,
  signal: AbortSignal = new AbortController().signal,
): TestContext {
  return {
    env: { PATH: process.env['PATH'], BASEPOINT_CACHE: join(folder, 'cache') },
    cwd: folder,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    stdout: new CapturedOutput(),
    stderr: new CapturedOutput(),
    signal,
    home,
    version: '0.0.0-test',
    nodeVersion: process.version,
  };
}

/** A folder that is gone when its scope ends. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'basepoint-test-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
