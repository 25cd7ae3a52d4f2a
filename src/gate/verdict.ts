/** What the gate says: one case for each cell and thing that is limited, and what follows from them. */
import type { MetricComparison } from '../compare/comparison.js';
import { exitCodes, type ExitCode } from '../errors.js';

/** The closed list of what a case may come to; the worst first. */
export const outcomes = ['regressed', 'error', 'inconclusive', 'too few', 'passed'] as const;

/**
 * `inconclusive`: the samples do not decide. `too few`: there are not enough to be judged. `error`:
 * there is nothing to judge, because something else went wrong.
 */
export type Outcome = (typeof outcomes)[number];

/** A figure of the candidate that stands against a fixed limit. */
export interface Measured {
  readonly value: number;
  /** The interval of `value`, of confidence 1 - alpha. */
  readonly lower: number;
  readonly upper: number;
  readonly most: number;
  readonly unit: 'ms' | 'KiB' | 'times' | 'part';
}

export interface GateCase {
  /** A cell's id, or what the case is about where it is none. */
  readonly cell: string;
  /** What is limited, such as `ready` or `ready p90`. */
  readonly check: string;
  /** `file:line:col` of the limit; undefined where none is the reason for the case. */
  readonly at: string | undefined;
  readonly outcome: Outcome;
  /** What decided, in one sentence without a full stop. */
  readonly because: string;
  readonly comparison?: MetricComparison;
  readonly measured?: Measured;
}

export interface Verdict {
  readonly limits: string;
  readonly base: string;
  readonly candidate: string;
  readonly cases: readonly GateCase[];
  /** What differs and is let pass; one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The exit code. A regression outweighs an error: what is sure stays sure. Nothing but `passed`
 * alone, and at least one of them, is fine.
 */
export function exitOf({ cases }: Verdict): ExitCode {
  const has = (outcome: Outcome) => cases.some((one) => one.outcome === outcome);
  if (has('regressed')) return exitCodes.regression;
  if (has('error') || cases.length === 0) return exitCodes.environment;
  return has('inconclusive') || has('too few') ? exitCodes.inconclusive : exitCodes.fine;
}

/** Whether more samples may change the verdict. */
export function isSuspicious(verdict: Verdict): boolean {
  return suspicionOf(verdict) !== '';
}

/** What it is that more samples may change, in a few words; empty where there is nothing. */
export function suspicionOf({ cases }: Verdict): string {
  const open = cases.filter(
    (one) => one.outcome !== 'passed' && one.outcome !== 'error' && !lacksBaseline(one),
  );
  const [first] = open;
  if (first === undefined) return '';
  const others = open.length === 1 ? '' : ` (and ${open.length - 1} more)`;
  return `${first.cell}, ${first.check}: ${first.outcome}${others}`;
}

/** More rounds of the candidate do not mend a baseline that has too few samples. */
function lacksBaseline({ outcome, comparison }: GateCase): boolean {
  if (outcome !== 'too few' || comparison === undefined) return false;
  return comparison.base.n < comparison.candidate.n;
}

export function countOf({ cases }: Verdict, outcome: Outcome): number {
  return cases.filter((one) => one.outcome === outcome).length;
}
