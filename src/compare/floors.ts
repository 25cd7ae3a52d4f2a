/** How small a difference matters to nobody: the floors below which there is no regression. */
import type { Metric } from '../metrics.js';

/** A difference counts when it is above both. */
export interface Floor {
  /** As a part of the baseline's p50. */
  readonly relative: number;
  /** In the metric's unit. */
  readonly absolute: number;
}

/**
 * 5 %: two builds measured on one host in one job differ by under 1 % without a cause, two hosted
 * runners by 4 to 15 %. 0.5 ms: of a start of 5 ms, 5 % would be 0.25 ms, which is what the observer
 * itself adds to a mark now and then (0.10 ms at p50, 0.15 ms at p90, with a tail of 2.7 ms).
 * 256 KiB: a few scattered pages of each of QEMU's threads.
 */
const defaults = { relative: 0.05, ms: 0.5, KiB: 256 } as const;

/** Of each cell and metric. */
export type Floors = (cell: string, metric: Metric) => Floor;

export const defaultFloors: Floors = (_cell, { unit }) => ({
  relative: defaults.relative,
  absolute: defaults[unit],
});

/** What a difference must exceed: the larger of both floors, in the metric's unit. */
export function limitOf({ relative, absolute }: Floor, p50: number): number {
  return Math.max(relative * p50, absolute);
}

/**
 * What is judged unless limits say otherwise. The three that every figure of ours is shown with;
 * `exit` and the memory are not start-up time, and the stages only say where `work` comes from.
 */
export const judgedMetrics: readonly string[] = ['ready', 'work', 'vmm_ready'];

/**
 * Whose slow starts are judged too. Not those of `vmm_ready`: a QEMU that stalls is late with the
 * marks after it as well, and each test more makes all others weaker.
 */
export const tailMetrics: readonly string[] = ['ready', 'work'];
