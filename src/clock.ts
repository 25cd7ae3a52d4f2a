/** CLOCK_MONOTONIC: ns as bigint where it is read, ms as number after that. */
import { hrtime } from 'node:process';

export function now(): bigint {
  return hrtime.bigint();
}

/** Milliseconds from one instant to another. */
export function msBetween(startNs: bigint, endNs: bigint): number {
  return Number(endNs - startNs) / 1e6;
}
