/** What a way to random numbers of one's own costs: ready with it against ready without. Pure. */
import { isTraced } from '../../boot-stages.js';
import type { SampleRecord } from '../../results/columns.js';
import { meetsOthers } from '../../observations.js';
import type { RecordedCell } from '../../results/record.js';
import { hodgesLehmannShift, type Shift } from '../../statistics/hodges-lehmann.js';

export interface IdentityCost {
  readonly cell: RecordedCell;
  /** Of `ready`, in ms, against the cell in which nothing is done. */
  readonly shift: Shift;
  readonly n: number;
}

/**
 * Only cells that were not observed or traced are compared: being watched takes time before `ready`. Nor
 * those whose VMs wait for one another.
 */
export function identityCosts(
  cells: readonly RecordedCell[],
  samples: readonly SampleRecord[],
): readonly IdentityCost[] {
  const unobserved = cells.filter(
    (cell) => cell.observeMs === 0 && !isTraced(cell) && !meetsOthers(cell),
  );
  return unobserved.flatMap((cell) => {
    if (cell.identity === 'none') return [];
    const without = unobserved.find((other) => other.identity === 'none' && alike(cell, other));
    if (without === undefined) return [];
    const [base, own] = [readyOf(without, samples), readyOf(cell, samples)];
    if (base.length === 0 || own.length === 0) return [];
    return [{ cell, shift: hodgesLehmannShift(base, own), n: own.length }];
  });
}

/** What a machine with another device or driver cannot have in common with one without. */
const mayDiffer = new Set([
  ...[
    'id',
    'identity',
    'templateKey',
    'stateBytes',
    'initramfsSha256',
    'template',
    'hugeCodeBytes',
  ],
]);

function alike(a: RecordedCell, b: RecordedCell): boolean {
  const rest = (cell: RecordedCell) =>
    JSON.stringify(Object.entries(cell).filter(([key]) => !mayDiffer.has(key)));
  return rest(a) === rest(b);
}

function readyOf({ id }: RecordedCell, samples: readonly SampleRecord[]): readonly number[] {
  return samples
    .filter(({ cell, phase, state }) => cell === id && phase === 'measure' && state === 'ok')
    .map((row) => Number(row['ready_ms']));
}
