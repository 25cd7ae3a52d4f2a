/** What must be said of cells whose starts end on the guest's console. */
import { endNames, ends, type EndName } from '../ends.js';
import type { RunRecord } from '../results/record.js';
import { tiers } from '../tiers.js';

/** A sentence for each guest without our PID 1; none where all end alike. */
export function endSentences({ cells }: Pick<RunRecord, 'cells'>): readonly string[] {
  const own = cells.filter((cell) => endOf(cell) !== 'guest');
  return [...new Set(own.map(({ guest }) => guest.name))].map((name) => {
    const ofGuest = own.filter(({ guest }) => guest.name === name);
    const [first] = ofGuest;
    const { holds } = ends[first === undefined ? 'guest' : endOf(first)];
    const clones = ofGuest.some(({ tier }) => tiers[tier].needsTemplate)
      ? ' Its template is frozen at its ready line. Its clones are not reseeded by the harness: their random numbers are the affair of the guest.'
      : '';
    return `${name} does not have our PID 1: ready is when ${holds}. It has no work, and is compared with no cell that ends elsewhere.${clones}`;
  });
}

/** Older versions recorded none, and knew this one alone; what a later one may know is taken for it, too. */
function endOf({ ends: end }: { readonly ends?: string | undefined }): EndName {
  return endNames.find((name) => name === end) ?? 'guest';
}

/** Follows a guest's name where guests stand side by side. */
export function endLabel(row: Readonly<Record<string, string>>): string {
  return ends[endOf({ ends: row['ends'] })].label;
}
