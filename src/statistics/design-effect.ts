/** What a count is worth whose trials come in clusters that fail together. */
import type { Count } from './fisher.js';

/**
 * The design effect of a rate (Kish, "Survey Sampling", 1965): its variance as the clusters have it,
 * over that of as many independent trials. The variance is that of a ratio (Cochran, "Sampling
 * Techniques", 3rd ed., 1977, 6.3). Never below 1: clusters that are more alike than chance makes them
 * are no further evidence. 1 where nothing failed; where all did, or there is one cluster, nothing is
 * known of how they vary, and each is taken for a single trial.
 *
 * @param clusters none of them empty
 */
export function designEffect(clusters: readonly Count[]): number {
  const events = sum(clusters.map((one) => one.events));
  const trials = sum(clusters.map(({ of }) => of));
  if (events === 0) return 1;
  if (events === trials || clusters.length < 2) return trials / clusters.length;
  const rate = events / trials;
  const squares = sum(clusters.map((one) => (one.events - rate * one.of) ** 2));
  const spread = (clusters.length / (clusters.length - 1)) * squares;
  return Math.max(1, spread / (trials * rate * (1 - rate)));
}

/**
 * As many independent trials as the clustered ones are worth (Korn & Graubard, Survey Methodology 24:2,
 * 1998), in whole numbers; events that there were stay at least one.
 */
export function effectiveCount({ events, of }: Count, effect: number): Count {
  const trials = Math.max(1, Math.round(of / effect));
  if (events === 0 || of === 0) return { events, of: of === 0 ? 0 : trials };
  return { events: Math.min(trials, Math.max(1, Math.round(events / effect))), of: trials };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
