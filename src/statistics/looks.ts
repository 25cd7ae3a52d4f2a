/**
 * Looking several times at samples that grow, and stopping at the first look that suits: each look may
 * suit by chance, so each must be surer than a single one would have to be.
 */
import { normalCdf } from './normal.js';

/**
 * Pocock's constants for 1, 2, 3 ... looks: a chance of 10 % two-sided, 5 % one-sided, over all of them
 * ("Group sequential methods in the design and analysis of clinical trials", Biometrika 64:2, 1977;
 * Jennison & Turnbull, Group Sequential Methods, 2000, table 2.1). For looks after equally many samples
 * each; a first look after more of them than a later one adds is safer still.
 */
const pocock: readonly number[] = [
  ...[1.645, 1.875, 1.992, 2.067, 2.122, 2.164, 2.197, 2.225, 2.249, 2.27],
  ...[2.289, 2.306, 2.321, 2.336, 2.349, 2.361, 2.372, 2.382, 2.391, 2.4],
];

/** @returns the one-sided level of each look at which all of them together have one of 5 % */
export function levelOfEachLook(looks: number): number {
  if (!Number.isInteger(looks) || looks < 1) throw new RangeError(`${looks} looks`);
  const constant = pocock[looks - 1];
  // Bonferroni's, which holds for any number of them.
  return constant === undefined ? 0.05 / looks : 1 - normalCdf(constant);
}
