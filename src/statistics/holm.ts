/** Many comparisons at once: without a correction, one in twenty equal cells looks different. */

/**
 * Holm's step-down adjusted p-values (Scandinavian Journal of Statistics 6:2, 1979), in the order
 * given: reject where adjusted <= alpha, and the chance of any false rejection is at most alpha.
 * Throws RangeError for a p outside [0, 1].
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`a p-value must be from 0 to 1, got ${bad}`);
  const bySize = pValues.map((p, position) => ({ p, position })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(0);
  let largest = 0;
  for (const [step, { p, position }] of bySize.entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - step)));
    adjusted[position] = largest;
  }
  return adjusted;
}
