/** Which of several guests a scenario means: the first whose kernel need not be built before. */
import type { GuestChoice, GuestReference, Scenario } from '../parse/scenario.js';
import type { PlanHost, SettledGuest } from './cell.js';

export function settleGuest(
  guest: GuestReference | GuestChoice,
  host: Pick<PlanHost, 'notBuilt'>,
): GuestReference {
  if (guest.kind !== 'firstOf') return guest;
  return { kind: 'declared', name: settle(guest, host).chosen };
}

/** Each choice once, for what a run says and records. */
export function settledGuests(
  scenarios: readonly Scenario[],
  host: Pick<PlanHost, 'notBuilt'>,
): readonly SettledGuest[] {
  const choices = scenarios
    .flatMap(({ blocks }) => blocks.flatMap(({ guest }) => guest))
    .filter((guest) => guest.kind === 'firstOf');
  const distinct = new Map(choices.map((choice) => [choice.names.join(), choice]));
  return [...distinct.values()].map((choice) => settle(choice, host));
}

/** Where none is at hand it is the last, and the plan says why that one cannot run. */
function settle({ names }: GuestChoice, { notBuilt }: Pick<PlanHost, 'notBuilt'>): SettledGuest {
  const at = names.findIndex((name) => !notBuilt.has(name));
  const chosen = names.at(at) ?? '';
  const passed = at < 0 ? names : names.slice(0, at);
  if (passed.length === 0) return { names, chosen, because: 'its kernel is at hand' };
  const commands = passed.map((name) => `basepoint kernels build ${name}`).join(', ');
  const because = `${passed.join(', ')} ${passed.length > 1 ? 'have' : 'has'} not been built (${commands})`;
  return { names, chosen, because };
}
