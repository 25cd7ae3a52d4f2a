/** The empirical distribution: for each value, which part of the samples is at most that. */

export interface EcdfStep {
  readonly value: number;
  /** Part of the samples that are at most `value`, in (0, 1]. */
  readonly fraction: number;
}

/** One step for each distinct value, ascending. None for no samples. */
export function ecdf(values: readonly number[]): readonly EcdfStep[] {
  const sorted = Float64Array.from(values).sort();
  const steps: EcdfStep[] = [];
  sorted.forEach((value, index) => {
    if (sorted[index + 1] !== value) steps.push({ value, fraction: (index + 1) / sorted.length });
  });
  return steps;
}
