/** What the candidate's own samples say of a cell, without the baseline. */
import type { Side } from '../compare/comparison.js';
import type { Metric } from '../metrics.js';
import type { RecordedCell } from '../results/record.js';
import type { TierName } from '../tiers.js';

/** The values of a cell's measured starts that succeeded. */
export function valuesOf({ samples }: Side, id: string, { column }: Metric): readonly number[] {
  return samples
    .filter(({ cell, phase, state }) => cell === id && phase === 'measure' && state === 'ok')
    .map((sample) => sample[column] ?? '')
    .filter((text) => text !== '')
    .map(Number);
}

export function failuresOf(
  { samples }: Side,
  id: string,
): { readonly failed: number; readonly of: number } {
  const measured = samples.filter(({ cell, phase }) => cell === id && phase === 'measure');
  return {
    failed: measured.filter(({ state }) => state !== 'ok').length,
    of: measured.length,
  };
}

/** What makes two cells of different tiers the same machine. `backing` only templates have. */
const machineFields = [
  ...(['scenario', 'accel', 'qemu', 'machine', 'firmware', 'cpu', 'memoryMiB', 'vcpus'] as const),
  ...(['kernelArguments', 'workingSetMiB', 'concurrency', 'rate', 'kernelSha256'] as const),
  ...(['initramfsPacking', 'initramfsFillMiB'] as const),
] as const satisfies readonly (keyof RecordedCell)[];

/** The cell that starts the same machine in another way; undefined where there is no telling which. */
export function counterpart(
  { cells }: Side,
  cell: RecordedCell,
  tier: TierName,
): RecordedCell | undefined {
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
