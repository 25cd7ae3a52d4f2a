/** The order in which cases are shown: what stops a change comes first. */
import type { GateCase, Outcome } from '../../gate/verdict.js';

/** By weight. A record, so that an outcome that is added must be given a place. */
const weights: Readonly<Record<Outcome, number>> = {
  regressed: 0,
  error: 1,
  inconclusive: 2,
  'too few': 3,
  passed: 4,
};

export function byWeight(cases: readonly GateCase[]): readonly GateCase[] {
  return [...cases].sort((a, b) => weights[a.outcome] - weights[b.outcome]);
}
