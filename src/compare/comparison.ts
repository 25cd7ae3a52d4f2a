/**
 * What a comparison says: the record that `compare` makes of two sides, and that the gate, the tables
 * and the exporters read. A side is a run, a part of one, or a stored baseline.
 */
import type { HostComparison, HostRecord } from '../host/compare.js';
import type { Metric } from '../metrics.js';
import type { RecordedCell } from '../results/record.js';
import type { SampleRecord } from '../results/columns.js';
import type { RatioInterval } from '../statistics/bootstrap.js';
import type { CliffsDelta } from '../statistics/effect.js';
import type { QuantileInterval } from '../statistics/interval.js';
import type { Shift } from '../statistics/hodges-lehmann.js';
import type { StageName } from '../stages.js';

/** Samples with what is needed to know whether they may be compared. */
export interface Side {
  /** A folder, a baseline file, or the value of the knob that tells the sides apart. */
  readonly name: string;
  readonly host: HostRecord;
  readonly cells: readonly RecordedCell[];
  /** Warm-up starts may be among them; they are not compared. */
  readonly samples: readonly SampleRecord[];
}

/** Slower or larger is `regressed`: every metric is one of which less is better. */
export type Verdict = 'regressed' | 'improved' | 'within noise' | 'inconclusive';

/** One metric of one cell on one side. */
export interface SideFigures {
  readonly n: number;
  readonly p50: number;
  readonly interval: QuantileInterval | undefined;
}

export interface MetricComparison {
  readonly metric: Metric;
  readonly base: SideFigures;
  readonly candidate: SideFigures;
  /** In the metric's unit; positive where the candidate is slower or larger. */
  readonly shift: Shift;
  /** The shift as a part of the baseline's p50. */
  readonly relative: number;
  readonly ratio: RatioInterval;
  /** Mann-Whitney, two-sided. */
  readonly p: number;
  /** Holm over all cells and the metrics that are judged. */
  readonly pAdjusted: number;
  readonly effect: CliffsDelta;
  readonly verdict: Verdict;
  /** Completes "inconclusive, because ..." or says what decided. */
  readonly because: string;
}

/** Starts that failed, which no other metric sees. */
export interface FailureComparison {
  readonly base: { readonly failed: number; readonly of: number };
  readonly candidate: { readonly failed: number; readonly of: number };
  /** Fisher's exact test, two-sided. */
  readonly p: number;
  readonly pAdjusted: number;
  readonly verdict: Verdict;
  readonly because: string;
}

/** Where in the start the difference arises: differences of p50 between neighbouring marks or stages. */
export interface StageShift {
  /** Between two marks, or a stage of the clone. */
  readonly stage: StageName | `${string} to ${string}`;
  readonly baseMs: number;
  readonly candidateMs: number;
  readonly shift: Shift;
}

export interface CellComparison {
  /** The cell's id, or what both ids share where a knob tells the sides apart. */
  readonly id: string;
  readonly base: RecordedCell;
  readonly candidate: RecordedCell;
  readonly metrics: readonly MetricComparison[];
  readonly failures: FailureComparison;
  readonly stages: readonly StageShift[];
}

export interface Comparison {
  readonly base: string;
  readonly candidate: string;
  readonly host: HostComparison;
  readonly cells: readonly CellComparison[];
  /** Ids of cells that only one side has. */
  readonly onlyBase: readonly string[];
  readonly onlyCandidate: readonly string[];
  /** What differs of the cells that are compared, such as the kernel's sha256; one sentence each. */
  readonly differences: readonly string[];
}
