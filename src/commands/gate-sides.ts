/** The two sides of a gate: whatever lies on disk, as long as something was measured in it. */
import type { Side } from '../compare/comparison.js';
import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import type { StoredRun } from '../results/run-folder.js';
import { readSide, sideOfRun } from './compare.js';

/**
 * A run's folder or a baseline's file.
 *
 * @throws EnvironmentError where there is no such side, it is not whole, or nothing was measured
 */
export async function readMeasured(path: string, context: Context): Promise<Side> {
  return measured(await readSide(path, context));
}

/** A run that was measured just now. */
export function sideOf(run: StoredRun, name: string): Side {
  return measured(sideOfRun(name, run));
}

function measured(side: Side): Side {
  if (side.cells.length === 0) throw new EnvironmentError(`${side.name} has no cells`);
  if (side.samples.length === 0) throw new EnvironmentError(`${side.name} has no samples`);
  return side;
}
