/**
 * A Gaussian kernel density on a grid, which is only asked where its modes are. With this kernel
 * the number of modes never grows with the bandwidth (Silverman 1981), so a bandwidth can be
 * bisected for.
 */
import { atRank } from './sorting.js';

const CELLS = 256;

/** Below this part of the peak a rise is rounding, not a mode. */
const ROUNDING = 1e-9;

export interface Turns {
  readonly modes: number;
  /** Where the density is least between the first two modes, undefined with one mode. */
  readonly valley: number | undefined;
}

/** The modes of the density of ascending samples that are not all equal. */
export function turnsOfDensity(sorted: Float64Array, bandwidth: number): Turns {
  const start = atRank(sorted, 1);
  const cell = (atRank(sorted, sorted.length) - start) / (CELLS - 1);
  const { modes, valleyCell } = countTurns(smooth(binned(sorted, start, cell), bandwidth / cell));
  return { modes, valley: valleyCell === undefined ? undefined : start + valleyCell * cell };
}

interface Bin {
  readonly cell: number;
  weight: number;
}

/** Shares each sample between the two nearest grid points, which keeps its mean in place. */
function binned(sorted: Float64Array, start: number, cell: number): Bin[] {
  const weights = new Float64Array(CELLS + 1);
  for (const value of sorted) {
    const position = (value - start) / cell;
    const left = Math.min(CELLS - 1, Math.floor(position));
    weights[left] = (weights[left] ?? 0) + 1 - (position - left);
    weights[left + 1] = (weights[left + 1] ?? 0) + position - left;
  }
  return Array.from(weights, (weight, at) => ({ cell: at, weight })).filter((b) => b.weight > 0);
}

function smooth(bins: readonly Bin[], bandwidthCells: number): Float64Array {
  const kernel = Float64Array.from({ length: CELLS + 1 }, (_, distance) =>
    Math.exp(-0.5 * (distance / bandwidthCells) ** 2),
  );
  const density = new Float64Array(CELLS);
  for (const { cell, weight } of bins) {
    for (let at = 0; at < CELLS; at += 1) {
      density[at] = (density[at] ?? 0) + weight * (kernel[Math.abs(at - cell)] ?? 0);
    }
  }
  return density;
}

function countTurns(density: Float64Array): { modes: number; valleyCell: number | undefined } {
  const noise = ROUNDING * density.reduce((peak, height) => Math.max(peak, height), 0);
  let modes = 1;
  let valleyCell: number | undefined;
  let extreme = 0;
  let rising = true;
  for (let at = 1; at < CELLS; at += 1) {
    const step = (density[at] ?? 0) - (density[extreme] ?? 0);
    if (rising ? step >= 0 : step <= 0) extreme = at;
    else if (Math.abs(step) > noise) {
      if (!rising) {
        modes += 1;
        valleyCell ??= extreme;
      }
      rising = !rising;
      extreme = at;
    }
  }
  return { modes, valleyCell };
}
