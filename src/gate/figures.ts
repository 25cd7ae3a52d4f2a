/** What the candidate's own samples say of a cell, without the baseline. */
import type { Side } from '../compare/comparison.js';
import { failureEffect, observations, startTogether } from '../observations.js';
import type { Metric } from '../metrics.js';
import type { Cell } from '../plan/cell.js';
import type { RecordedCell } from '../results/record.js';
import { median } from '../statistics/describe.js';
import { effectiveCount } from '../statistics/design-effect.js';
import type { Count } from '../statistics/fisher.js';
import type { TierName } from '../tiers.js';

/**
 * The values of a cell's measured starts that succeeded. Where VMs wait for one another a round is one
 * observation, and this figure of its VMs the value.
 */
export function valuesOf(
  { samples }: Side,
  id: string,
  { column }: Metric,
  figure: (values: readonly number[]) => number = median,
): readonly number[] {
  const own = samples.filter(
    ({ cell, phase, state }) => cell === id && phase === 'measure' && state === 'ok',
  );
  return observations(own, column, figure);
}

/** How many observations its starts are. */
export function observationsIn({ samples }: Pick<Side, 'samples'>, id: string): number {
  const own = samples.filter(({ cell, phase }) => cell === id && phase === 'measure');
  return new Set(own.map((row, index) => (startTogether(row) ? row['round'] : index))).size;
}

/** The starts that failed, and how many independent ones they are worth. */
export function failuresOf(
  { samples }: Side,
  id: string,
): { readonly counted: Count; readonly effective: Count } {
  const measured = samples.filter(({ cell, phase }) => cell === id && phase === 'measure');
  const failed = measured.filter(({ state }) => state !== 'ok');
  const counted = { events: failed.length, of: measured.length };
  // Where none failed nothing is known of how they fail together: each observation is one trial.
  const none = counted.of / Math.max(1, observationsIn({ samples: measured }, id));
  const effect = failed.length === 0 ? none : failureEffect(measured);
  return { counted, effective: effectiveCount(counted, effect) };
}

/** What makes two cells of different tiers the same machine. `backing` only templates have. */
const machineFields = [
  ...(['scenario', 'accel', 'qemu', 'machine', 'firmware', 'cpu', 'memoryMiB', 'vcpus'] as const),
  ...(['kernelArguments', 'workingSetMiB', 'kernelSha256', 'image'] as const),
  ...(['initramfsPacking', 'initramfsFillMiB'] as const),
  ...(['concurrency', 'alive', 'rate', 'thp', 'pageCache'] as const),
] as const satisfies readonly (keyof RecordedCell)[];

/** A cell of a plan, or of a run, where its kernel is known too. */
type AnyCell = Cell & Partial<Pick<RecordedCell, 'kernelSha256'>>;

/** The cell that starts the same machine in another way; undefined where there is no telling which. */
export function counterpart<T extends AnyCell>(
  cells: readonly T[],
  cell: T,
  tier: TierName,
): T | undefined {
  const alike = cells.filter(
    (other) =>
      other.tier === tier &&
      other.guest.name === cell.guest.name &&
      machineFields.every((field) => other[field] === cell[field]),
  );
  const exact = alike.find(({ id }) => restOf(id) === restOf(cell.id));
  return exact ?? (alike.length === 1 ? alike[0] : undefined);
}

/** A cell's id without its tier. */
function restOf(id: string): string {
  return id.slice(id.indexOf('/'));
}
