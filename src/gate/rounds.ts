import type { Limits } from '../parse/limits.js';

/** Rounds that are added at once: a suspicion is looked at again after each of these. */
export const roundsAtOnce = 20;

/** How often a gate looks that measures, at most: once, and once after each addition. */
export function looksOf({ extraRounds }: Pick<Limits, 'extraRounds'>): number {
  return 1 + Math.ceil(extraRounds / roundsAtOnce);
}
