/** `basepoint kernels fetch`: packaged kernels into the cache, ahead of a run. */
import { resolve } from 'node:path';

import type { Context } from '../../context.js';
import { exitCodes, UsageError, type ExitCode } from '../../errors.js';
import { showMiB } from '../../output/numbers.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import { Cache } from '../../prepare/cache.js';
import { describeSource, isFromTree, kernelOfGuest } from '../../prepare/kernels/origin.js';
import { putKernel } from '../../prepare/kernels/ready.js';
import type { WholeKernel } from '../../prepare/kernels/store.js';
import { chosenGuests } from './chosen.js';

/** @param from the package as a file, where its mirror does not have it any more */
export async function kernelsFetchCommand(
  names: readonly string[],
  { from }: { readonly from: string | undefined },
  context: Context,
): Promise<ExitCode> {
  const guests = await chosenGuests(names, context);
  if (from !== undefined) refuseFrom(guests);
  guests.forEach(refuseTree);
  const cache = await Cache.open(context);
  for (const guest of guests) {
    const stored = await kernelOfGuest(guest, cache, context);
    if (stored.state === 'whole') {
      context.stdout.write(`${guest.name}: already there, ${sizeOf(stored)}\n`);
      continue;
    }
    if (stored.state === 'damaged') context.stderr.write(`${guest.name}: ${stored.why}\n`);
    context.stderr.write(`fetching ${describeSource(guest)}\n`);
    const deb = from === undefined ? undefined : resolve(context.cwd, from);
    const kernel = await putKernel(guest, deb, cache, context);
    context.stdout.write(`${guest.name}: fetched, ${sizeOf(kernel)}\n`);
  }
  return exitCodes.fine;
}

function sizeOf({ folder, manifest }: WholeKernel): string {
  const { bytes = 0, sha256 = '' } = manifest.files['vmlinux'] ?? {};
  return `vmlinux of ${showMiB(bytes)}, sha256 ${sha256}, in ${folder}`;
}

function refuseTree(guest: DeclaredGuest): void {
  if (!isFromTree(guest)) return;
  const { name } = guest;
  throw new UsageError(`${name} is built, not fetched: basepoint kernels build ${name}`);
}

function refuseFrom(guests: readonly DeclaredGuest[]): void {
  if (guests.length !== 1) throw new UsageError('--from goes with one guest');
  const [guest] = guests;
  if (guest !== undefined && 'build' in guest.source) {
    throw new UsageError(`${guest.name} comes from no package: leave out --from`);
  }
}
