/** The one place where samples are checked and put in order. */

/**
 * An ascending copy. Throws RangeError for an empty list, and for NaN or an infinity: a failed
 * start has no duration and must not reach the statistics as a number.
 */
export function ascending(values: readonly number[]): Float64Array {
  if (values.length === 0) throw new RangeError('no samples: expected at least one');
  const position = values.findIndex((value) => !Number.isFinite(value));
  if (position !== -1) {
    throw new RangeError(`sample ${position} must be finite, got ${String(values[position])}`);
  }
  return Float64Array.from(values).sort();
}

/** The value of a 1-based rank in an ascending list; throws RangeError outside it. */
export function atRank(sorted: Float64Array, rank: number): number {
  const value = sorted[rank - 1];
  if (value === undefined) {
    throw new RangeError(`rank must be an integer from 1 to ${sorted.length}, got ${rank}`);
  }
  return value;
}

export function medianOfSorted(sorted: Float64Array): number {
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return atRank(sorted, half + 1);
  return (atRank(sorted, half) + atRank(sorted, half + 1)) / 2;
}

/** Sample quantile of Hyndman & Fan's type 7: linear between ranks 1 + floor and ceil of (n-1)p. */
export function quantileOfSorted(sorted: Float64Array, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const lower = atRank(sorted, below + 1);
  if (position === below) return lower;
  return lower + (position - below) * (atRank(sorted, below + 2) - lower);
}
