/** Which guests of a run are emulated, and by what: said wherever its figures are shown. */
import type { RunRecord } from '../results/record.js';

export const emulatedTitle = 'Emulated: guest code runs slower here than on real hardware';
export const emulatedAdvice =
  'Compare these tiers with one another, not with the talk’s figures or with other hosts.';

/** How a cell's guest instructions are emulated; undefined where they are not, as far as is known. */
export function emulation(accel: string, kvm: RunRecord['host']['kvm']): string | undefined {
  if (accel === 'none') return undefined;
  if (accel !== 'kvm') return 'TCG: QEMU translates every guest instruction in software';
  return kvm.state === 'measured' && kvm.kind === 'emulated'
    ? 'KVM whose module emulates the guest’s kernel mode in software'
    : undefined;
}

export interface EmulatedGuests {
  readonly guests: readonly string[];
  readonly how: string;
}

/** Empty on a host that runs all guests of the run natively. */
export function emulatedGuests({ cells, host }: RunRecord): readonly EmulatedGuests[] {
  const found = new Map<string, Set<string>>();
  for (const { accel, guest } of cells) {
    const how = emulation(accel, host.kvm);
    if (how !== undefined) found.set(how, (found.get(how) ?? new Set()).add(guest.name));
  }
  return [...found].map(([how, guests]) => ({ guests: [...guests], how }));
}

/** The same in one line; empty where nothing is emulated. */
export function emulatedText(record: RunRecord): string {
  const found = emulatedGuests(record);
  if (found.length === 0) return '';
  const list = found.map(({ guests, how }) => `${guests.join(', ')} by ${how}`);
  return `${emulatedTitle}. ${list.join('; ')}. ${emulatedAdvice}`;
}
