/** The two parts of Silverman's test for one mode (JRSS B 43:1, 1981). */
import { turnsOfDensity } from './kernel-density.js';
import { normalQuantile } from './normal.js';
import type { Random } from './random.js';
import { atRank } from './sorting.js';

/**
 * The least bandwidth at which the density has one mode, within 0.1 %, in the samples' unit. The
 * samples must ascend and not be all equal.
 */
export function criticalBandwidth(sorted: Float64Array): number {
  let oneMode = atRank(sorted, sorted.length) - atRank(sorted, 1);
  let several = oneMode / 1024;
  while (oneMode / several > 1.001) {
    const middle = Math.sqrt(several * oneMode);
    if (turnsOfDensity(sorted, middle).modes > 1) several = middle;
    else oneMode = middle;
  }
  return oneMode;
}

export interface Resampling {
  readonly random: Random;
  readonly resamples: number;
}

/**
 * How often samples drawn from the density at the critical bandwidth still have several modes at
 * it: small where the one mode was forced. Never 0: the data count as one of the resamples
 * (Davison & Hinkley, "Bootstrap Methods and their Application", 4.2.1).
 */
export function silvermanP(
  sorted: Float64Array,
  bandwidth: number,
  { random, resamples }: Resampling,
): number {
  const draw = smoothedDraw(sorted, bandwidth, random);
  let several = 0;
  for (let i = 0; i < resamples; i += 1) {
    const resample = sorted.map(draw).sort();
    if (turnsOfDensity(resample, bandwidth).modes > 1) several += 1;
  }
  return (several + 1) / (resamples + 1);
}

/** Draws from the density, shrunk towards the mean so that smoothing adds no variance. */
function smoothedDraw(sorted: Float64Array, bandwidth: number, random: Random): () => number {
  const n = sorted.length;
  const centre = sorted.reduce((sum, value) => sum + value, 0) / n;
  const variance = sorted.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n;
  const shrink = 1 / Math.sqrt(1 + bandwidth ** 2 / variance);
  return () => {
    const value = atRank(sorted, 1 + random.below(n));
    const noise = normalQuantile((random.uint32() + 0.5) / 2 ** 32);
    return centre + (value - centre + bandwidth * noise) * shrink;
  };
}
