/** What a whole comparison comes to: the worst that any cell says. */
import type { CellComparison, Comparison, Judgement } from './comparison.js';

export type Outcome = 'regressed' | 'inconclusive' | 'fine';

/** Everything that was judged of a cell. */
export function judgementsOf({ metrics, failures }: CellComparison): readonly Judgement[] {
  return [...metrics.flatMap((one) => [one, ...(one.tail ? [one.tail] : [])]), failures];
}

/** Fine only where something was compared, and a regression was ruled out wherever one was looked for. */
export function outcomeOf({ cells }: Pick<Comparison, 'cells'>): Outcome {
  const judgements = cells.flatMap(judgementsOf);
  if (judgements.some(({ verdict }) => verdict === 'regressed')) return 'regressed';
  const missing = cells.length === 0 || cells.some((cell) => cell.missing.length > 0);
  return missing || judgements.some(({ mayBeWorse }) => mayBeWorse) ? 'inconclusive' : 'fine';
}
