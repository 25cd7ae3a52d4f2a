/** Guests that a command line names. */
import type { Context } from '../../context.js';
import { UsageError } from '../../errors.js';
import { readGuests, type DeclaredGuest } from '../../parse/guests.js';
import { didYouMean } from '../../parse/message.js';

/**
 * @param names none stands for all
 * @throws UsageError that names the guests there are
 */
export async function chosenGuests(
  names: readonly string[],
  context: Context,
): Promise<readonly DeclaredGuest[]> {
  const guests = await readGuests(context.home);
  if (names.length === 0) return guests;
  return names.map((name) => {
    const found = guests.find((guest) => guest.name === name);
    if (found !== undefined) return found;
    const known = guests.map((guest) => guest.name);
    throw new UsageError(
      `unknown guest "${name}"${didYouMean(name, known)}; known: ${known.join(', ')}`,
    );
  });
}
