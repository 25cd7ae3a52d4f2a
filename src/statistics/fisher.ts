/** Is one part of a two-by-two table larger than chance makes it? Exact for any counts. */
import { logChoose } from './factorial.js';

/** So many of so many starts. */
export interface Count {
  readonly events: number;
  readonly of: number;
}

/**
 * Fisher's exact test, two-sided ("Statistical Methods for Research Workers", 1925, 21.02): the
 * chance of a table no likelier than this one when its margins are given. Agrees with R's
 * `fisher.test` and SciPy's `fisher_exact`. Throws RangeError unless 0 <= events <= of.
 */
export function fisherExact(baseline: Count, candidate: Count): number {
  const tables = tablesOf(baseline, candidate);
  return pOf(tables.probabilities, candidate.events - tables.least);
}

/**
 * The smallest p that a table with these margins could have given. A test that cannot reach the
 * level says nothing, whatever was seen, and need not be corrected for (Tarone, "A modified
 * Bonferroni method for discrete data", Biometrics 46:2, 1990).
 */
export function fisherLeastP(baseline: Count, candidate: Count): number {
  const { probabilities } = tablesOf(baseline, candidate);
  return Math.min(pOf(probabilities, 0), pOf(probabilities, probabilities.length - 1));
}

interface Tables {
  /** The fewest events that the candidate may have; the index of a table counts from there. */
  readonly least: number;
  readonly probabilities: readonly number[];
}

/** All tables with the same margins: the candidate's events are hypergeometric. */
function tablesOf(baseline: Count, candidate: Count): Tables {
  requireCount(baseline);
  requireCount(candidate);
  const events = baseline.events + candidate.events;
  const least = Math.max(0, events - baseline.of);
  const most = Math.min(events, candidate.of);
  const all = logChoose(baseline.of + candidate.of, events);
  const probabilities = Array.from({ length: most - least + 1 }, (_, index) => {
    const own = logChoose(candidate.of, least + index);
    return Math.exp(own + logChoose(baseline.of, events - least - index) - all);
  });
  return { least, probabilities };
}

/** Equal on paper may differ in rounding, so R's tolerance of 1e-7 is taken. */
function pOf(probabilities: readonly number[], index: number): number {
  const limit = (probabilities[index] ?? 0) * (1 + 1e-7);
  const total = probabilities.reduce((sum, one) => (one <= limit ? sum + one : sum), 0);
  return Math.min(1, total);
}

function requireCount({ events, of }: Count): void {
  if (Number.isInteger(events) && Number.isInteger(of) && events >= 0 && events <= of) return;
  throw new RangeError(`expected 0 <= events <= of, got ${events} of ${of}`);
}
