/** `basepoint kernels build`: a guest's kernel from source, into the cache. */
import { resolve } from 'node:path';

import { msBetween, now } from '../../clock.js';
import type { Context } from '../../context.js';
import { exitCodes, UsageError, type ExitCode } from '../../errors.js';
import { BuildProgress } from '../../output/build-progress.js';
import { showMiB } from '../../output/numbers.js';
import { showSeconds } from '../../output/progress.js';
import { Cache } from '../../prepare/cache.js';
import { buildKernel, type BuiltKernel } from '../../prepare/kernels/build.js';
import { isFromTree } from '../../prepare/kernels/origin.js';
import { chosenGuests } from './chosen.js';

/** @param source a kernel source tree of the user's own, in place of the guest's package */
export async function kernelsBuildCommand(
  name: string,
  { source }: { readonly source: string | undefined },
  context: Context,
): Promise<ExitCode> {
  const [guest] = await chosenGuests([name], context);
  if (guest === undefined || !isFromTree(guest)) {
    throw new UsageError(`${name} is not built from source: basepoint kernels fetch ${name}`);
  }
  const cache = await Cache.open(context);
  await cache.sweep(Date.now());
  const tree = source === undefined ? undefined : resolve(context.cwd, source);
  const progress = new BuildProgress(context.stderr);
  const startNs = now();
  try {
    const built = await buildKernel(guest, tree, cache, context, {
      phase: (what) => {
        progress.phase(what);
      },
      object: (about) => {
        progress.object(about);
      },
    });
    progress.clear();
    const seconds = Math.round(msBetween(startNs, now()) / 1000);
    context.stdout.write(resultText(name, built, seconds, tree !== undefined));
    return exitCodes.fine;
  } finally {
    progress.clear();
  }
}

function resultText(
  name: string,
  { kernel, reused }: BuiltKernel,
  seconds: number,
  byPath: boolean,
): string {
  const { bytes = 0, sha256 = '' } = kernel.manifest.files['vmlinux'] ?? {};
  const how = reused ? 'already built' : `built in ${showSeconds(seconds)}`;
  const path = `${kernel.folder}/vmlinux`;
  const use = byPath ? `use it as: guest: { kernel: ${path}, name: NAME }\n` : '';
  return `${name}: ${how}, vmlinux of ${showMiB(bytes)}, sha256 ${sha256}, in ${kernel.folder}\n${use}`;
}
