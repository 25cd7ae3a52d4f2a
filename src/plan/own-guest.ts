/** Guests that bring something of their own: how they show that they are ready, a disk. */
import { endOf } from '../ends.js';
import type { DeclaredGuest } from '../parse/guests.js';
import type { GuestReference } from '../parse/scenario.js';
import type { Draft } from './matrix.js';

type Own = Pick<DeclaredGuest, 'disk' | 'ready'>;

export function ownOf(guest: GuestReference, guests: readonly DeclaredGuest[]): Own {
  if (guest.kind === 'path') return guest;
  return guests.find(({ name }) => guest.kind === 'declared' && name === guest.name) ?? {};
}

/**
 * Without our PID 1 nobody takes a seed from the harness, and nobody touches a working set for it: such
 * cells have neither, whatever the scenario's knobs say of the other guests beside them.
 */
export function asOwnGuest(draft: Draft, guests: readonly DeclaredGuest[]): Draft {
  const ends = endOf(ownOf(draft.cell.guest, guests).ready);
  if (ends === 'guest') return draft;
  const { identity } = draft.cell;
  const cell = { ...draft.cell, ends, workingSetMiB: 0 };
  return { ...draft, cell: { ...cell, identity: identity === 'seed' ? 'none' : identity } };
}
