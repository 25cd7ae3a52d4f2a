/** The two sides of a comparison: whatever lies on disk, as long as something was measured in it. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { isTraced } from '../boot-stages.js';
import type { Comparison, Side } from '../compare/comparison.js';
import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';
import { readBaseline } from '../results/baseline.js';
import { readRun, type StoredRun } from '../results/run-folder.js';

/**
 * A run's folder or a baseline's file.
 *
 * @throws EnvironmentError where there is no such side, it is not whole, or nothing was measured
 */
export async function readMeasured(path: string, { cwd }: Context): Promise<Side> {
  const full = resolve(cwd, path);
  const isFile = (await stat(full).catch(() => undefined))?.isFile() ?? false;
  if (isFile) return measured({ name: path, ...(await readBaseline(full)), skipped: [], looks: 1 });
  const run = await readRun(full);
  if (run.record.state !== 'complete') {
    throw new EnvironmentError(
      `${path} is ${run.record.state}: only a complete run can be compared`,
    );
  }
  return sideOf(run, path);
}

/** A run that was measured just now. What traced boots took is nothing to be held against others. */
export function sideOf({ record, samples }: StoredRun, name: string): Side {
  const looks = 1 + (record.added ?? []).length;
  const { host, qemus, cells, skipped } = record;
  return measured({
    ...{ name, host, qemus, cells: cells.filter((cell) => !isTraced(cell)) },
    skipped: skipped.filter(({ cell }) => !isTraced(cell)),
    looks,
    samples: samples.filter((row) => !isTraced(row)),
  });
}

function measured(side: Side): Side {
  if (side.cells.length === 0) throw new EnvironmentError(`${side.name} has no cells`);
  if (side.samples.some(({ phase }) => phase === 'measure')) return side;
  throw new EnvironmentError(`${side.name} has no samples: nothing was measured in it`);
}

/** @throws EnvironmentError where no cell is on both sides */
export function refuseDisjoint({ cells, base, candidate }: Comparison): void {
  if (cells.length === 0) throw new EnvironmentError(`${base} and ${candidate} share no cell`);
}

/** What makes the hosts of both sides two, one line each; none where they may be compared. */
export function otherHost({ host }: Comparison): readonly string[] {
  return host.differences
    .filter(({ severity }) => severity === 'blocks')
    .map((one) => `  ${one.label}: was ${one.base}, is ${one.candidate}`);
}
