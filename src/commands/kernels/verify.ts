/** `basepoint kernels verify`: whether the kernels in the cache are, byte for byte, those put there. */
import type { Context } from '../../context.js';
import { exitCodes, type ExitCode } from '../../errors.js';
import { Cache } from '../../prepare/cache.js';
import { kernelOfGuest, originOf, origins } from '../../prepare/kernels/origin.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import type { StoredKernel } from '../../prepare/kernels/store.js';
import { chosenGuests } from './chosen.js';

/** A kernel that is damaged is an error; so is one that was named and is not there. */
export async function kernelsVerifyCommand(
  names: readonly string[],
  context: Context,
): Promise<ExitCode> {
  const cache = await Cache.open(context);
  let failed = false;
  for (const guest of await chosenGuests(names, context)) {
    const stored = await kernelOfGuest(guest, cache, context);
    context.stdout.write(`${guest.name}: ${verdict(guest, stored)}\n`);
    if (stored.state === 'damaged') failed = true;
    if (stored.state === 'absent' && names.length > 0) failed = true;
  }
  return failed ? exitCodes.environment : exitCodes.fine;
}

function verdict({ name, source }: DeclaredGuest, stored: StoredKernel): string {
  const { absent, verb } = origins[originOf(source)];
  switch (stored.state) {
    case 'whole':
      return `whole, ${Object.keys(stored.manifest.files).length} files`;
    case 'absent':
      return absent;
    case 'damaged':
      return `damaged: ${stored.why}; basepoint kernels ${verb} ${name} puts it right`;
  }
}
