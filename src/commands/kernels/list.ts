/** `basepoint kernels list`: the guests there are, and what the cache has of their kernels. */
import type { Context } from '../../context.js';
import { exitCodes, type ExitCode } from '../../errors.js';
import { kernelListText, type KernelEntry } from '../../output/kernel-list.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import { Cache } from '../../prepare/cache.js';
import { describeSource, kernelOfGuest, originOf, origins } from '../../prepare/kernels/origin.js';
import type { StoredKernel } from '../../prepare/kernels/store.js';
import { chosenGuests } from './chosen.js';

export async function kernelsListCommand(
  { json }: { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const cache = await Cache.open(context);
  const entries: KernelEntry[] = [];
  for (const guest of await chosenGuests([], context)) {
    entries.push(kernelEntry(guest, await kernelOfGuest(guest, cache, context)));
  }
  context.stdout.write(json ? `${JSON.stringify(entries, null, 2)}\n` : kernelListText(entries));
  return exitCodes.fine;
}

export function kernelEntry(guest: DeclaredGuest, stored: StoredKernel): KernelEntry {
  const { name, version } = guest;
  const { there, absent, when } = origins[originOf(guest.source)];
  const entry = { name, version, source: describeSource(guest) };
  switch (stored.state) {
    case 'whole': {
      const bytes = stored.manifest.files['vmlinux']?.bytes;
      return { ...entry, state: there, note: undefined, bytes };
    }
    case 'damaged':
      return { ...entry, state: 'damaged', note: stored.why, bytes: undefined };
    case 'absent':
      return { ...entry, state: absent, note: when, bytes: undefined };
  }
}
