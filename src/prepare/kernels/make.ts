/** The kernel's own build, run so that the same inputs give the same bytes wherever it is run. */
import { execa } from 'execa';

import type { Context } from '../../context.js';
import { EnvironmentError } from '../../errors.js';

/** What the build would otherwise take from the clock, the user and the host. */
const fixed = {
  KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 2026',
  KBUILD_BUILD_USER: 'basepoint',
  KBUILD_BUILD_HOST: 'basepoint',
  KBUILD_BUILD_VERSION: '1',
  LC_ALL: 'C',
} as const;

const shownLines = 20;

/**
 * Runs make in a source tree; its output is the build's folder.
 *
 * @param onObject told of each object that is compiled
 * @throws EnvironmentError with the end of what make said
 */
export async function makeKernel(
  tree: string,
  build: string,
  args: readonly string[],
  context: Context,
  onObject: () => void = () => undefined,
): Promise<void> {
  // Asked by its parent's death to end, make ends what it runs; a kill would leave that running.
  const words = ['--pdeathsig', 'TERM', 'make', '-C', tree, `O=${build}`, 'ARCH=x86_64', ...args];
  const running = execa('setpriv', words, {
    env: { PATH: context.env['PATH'], HOME: context.env['HOME'], ...fixed },
    ...{ extendEnv: false, detached: true, reject: false, all: true, lines: true },
  });
  const stop = () => void execa('sh', ['-c', `kill -TERM -${running.pid ?? 0}`], { reject: false });
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    if (context.signal.aborted) stop();
    for await (const line of running) if (/^ {2}(CC|AS) /.test(line)) onObject();
    const ended = await running;
    context.signal.throwIfAborted();
    if (ended.failed) throw failure(args, ended.all);
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}

function failure(args: readonly string[], said: readonly string[]): EnvironmentError {
  const end = said.filter((line) => !/^ {2}[A-Z]+ /.test(line)).slice(-shownLines);
  return new EnvironmentError(`make ${args.at(-1) ?? ''} failed:\n  ${end.join('\n  ')}`);
}
