/** How cells are told apart: by guest, by machine, and within a machine by tier. */
import { accelLabel, type RunRecord } from '../../results/record.js';
import type { CellSummary } from '../../summarise.js';
import { tierNames, tiers, type TierDefinition } from '../../tiers.js';
import { colour } from './palette.js';

export interface GuestGroup {
  readonly guest: string;
  readonly machines: readonly MachineGroup[];
}

/** Cells that start the same machine in different ways. */
export interface MachineGroup {
  readonly key: string;
  readonly label: string;
  readonly cells: readonly CellSummary[];
}

/** Both levels in the order in which the summary has them. */
export function groupByGuest(
  cells: readonly CellSummary[],
  record: RunRecord,
): readonly GuestGroup[] {
  const byGuest = groupBy(cells, ({ row }) => row['guest'] ?? '');
  return [...byGuest].map(([guest, ofGuest]) => ({
    guest,
    machines: groupByMachine(ofGuest, record),
  }));
}

function groupByMachine(cells: readonly CellSummary[], record: RunRecord): readonly MachineGroup[] {
  const byMachine = groupBy(cells, ({ id }) => id.slice(id.indexOf('/')));
  return [...byMachine].map(([key, ofMachine]) => {
    const [first] = ofMachine;
    return {
      key,
      cells: ofMachine,
      label: first === undefined ? key : machineLabel(first, record),
    };
  });
}

/** What the cells of a machine share, with the accelerator named as what it is. */
export function machineLabel({ id, row }: CellSummary, record: RunRecord): string {
  const accel = accelLabel(row['accel'] ?? '', record.host.kvm);
  const starter = `${row['accel'] === 'none' ? '' : 'QEMU '}${row['qemu'] ?? '?'}`;
  const fixed = [accel, `${row['memory_mib'] ?? '?'} MiB`, starter];
  return [...fixed, ...id.split('/').slice(4)].join(', ');
}

/** The tier in words; a run may hold a tier that this version does not know. */
export function tierTitle(tier: string): string {
  const known: Partial<Record<string, TierDefinition>> = tiers;
  return known[tier]?.title ?? tier;
}

export function tierColour(tier: string): string {
  const place = (tierNames as readonly string[]).indexOf(tier);
  return colour(place === -1 ? tierNames.length : place);
}

/** As `Map.groupBy`, which Node.js 20 does not have. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
