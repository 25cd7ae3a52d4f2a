/**
 * What a comparison says: the record that `compare` makes of two sides, and that the gate, the tables
 * and the exporters read. A side is a run, a part of one, or a stored baseline.
 */
import type { HostComparison, HostRecord } from '../host/compare.js';
import type { Qemu } from '../host/qemu.js';
import type { Metric } from '../metrics.js';
import type { SkippedCell } from '../plan/cell.js';
import type { RecordedCell } from '../results/record.js';
import type { SampleRecord } from '../results/columns.js';
import type { RatioInterval } from '../statistics/bootstrap.js';
import type { CliffsDelta } from '../statistics/effect.js';
import type { Count } from '../statistics/fisher.js';
import type { QuantileInterval } from '../statistics/interval.js';
import type { Shift } from '../statistics/hodges-lehmann.js';
import type { RateDifference } from '../statistics/rate-difference.js';
import type { StageName } from '../stages.js';
import type { Floor } from './floors.js';

/** Samples with what is needed to know whether they may be compared. */
export interface Side {
  /** A folder, a baseline file, or the value of the knob that tells the sides apart. */
  readonly name: string;
  readonly host: HostRecord;
  /** The QEMUs it was measured with. */
  readonly qemus: readonly Pick<Qemu, 'binary' | 'sha256'>[];
  readonly cells: readonly RecordedCell[];
  /** Warm-up starts may be among them; they are not compared. */
  readonly samples: readonly SampleRecord[];
  /** What its host could not start; of a baseline that is not kept. */
  readonly skipped: readonly SkippedCell[];
  /** How often a gate looked at it while it was measured, and might have ended there; 1 without one. */
  readonly looks: number;
}

/** Slower or larger is `regressed`: every metric is one of which less is better. */
export type Verdict = 'regressed' | 'improved' | 'within noise' | 'inconclusive';

/** A verdict and what decided it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Completes "inconclusive, because ..." and so on. */
  readonly because: string;
  /**
   * The samples do not rule out a regression worth the name. Always so where `regressed`, never
   * where `within noise`; `inconclusive` is either: what may only be faster stops nobody.
   */
  readonly mayBeWorse: boolean;
}

/** One metric of one cell on one side. */
export interface SideFigures {
  readonly n: number;
  readonly p50: number;
  readonly interval: QuantileInterval | undefined;
  /** Undefined below 29 samples, which do not support it. */
  readonly p90: number | undefined;
}

/** By how much a metric differs. */
export interface MetricDifference {
  readonly metric: Metric;
  readonly base: SideFigures;
  readonly candidate: SideFigures;
  /** Hodges-Lehmann, in the metric's unit; positive where the candidate is slower or larger. */
  readonly shift: Shift;
  /** The shift as a part of the baseline's p50; undefined where that is 0. */
  readonly relative: number | undefined;
  /** Mann-Whitney, two-sided. */
  readonly p: number;
  readonly effect: CliffsDelta;
}

export interface MetricComparison extends MetricDifference, Judgement {
  readonly floor: Floor;
  /** Of the medians; undefined where a value is not above 0. */
  readonly ratio: RatioInterval | undefined;
  /** Holm over everything that is judged, of all cells. */
  readonly pAdjusted: number;
  /** The slow starts; undefined for metrics whose slow starts are not judged. */
  readonly tail: TailComparison | undefined;
}

/**
 * Starts that stand out as slow, which a shift does not see: one in five clones 10 ms later moves no
 * median. Its verdict `within noise` says that one in five is ruled out, not that the tails are equal.
 */
export interface TailComparison extends Judgement {
  /** In the metric's unit: slow is what is above it. */
  readonly above: number;
  readonly base: Count;
  readonly candidate: Count;
  /** How much larger the candidate's part of slow starts is. */
  readonly extra: RateDifference;
  /** Fisher's exact test of the slow ones and, where those are more, of the slowest tenth. */
  readonly p: number;
  readonly pAdjusted: number;
}

/** Starts that failed, which no other metric sees. */
export interface FailureComparison extends Judgement {
  readonly base: Count;
  readonly candidate: Count;
  readonly extra: RateDifference | undefined;
  /** Fisher's exact test, two-sided. */
  readonly p: number;
  readonly pAdjusted: number;
}

/** Where in the start the difference arises: between neighbouring marks, or in a stage of the clone. */
export interface StageShift {
  readonly stage: StageName | `${string} to ${string}`;
  readonly kind: 'marks' | 'clone';
  /** Medians. */
  readonly baseMs: number;
  readonly candidateMs: number;
  readonly shift: Shift;
  /** Difference of the means in ms. Those of the marks add up to that of the last mark. */
  readonly meanMs: number;
}

/** A judged metric that cannot be compared, which is never taken for no difference. */
export interface MissingMetric {
  readonly metric: Metric;
  /** Such as "no start of the candidate succeeded". */
  readonly because: string;
}

export interface CellComparison {
  /** The cell's id, or what both ids share where a knob tells the sides apart. */
  readonly id: string;
  readonly base: RecordedCell;
  readonly candidate: RecordedCell;
  /** Those that are judged. */
  readonly metrics: readonly MetricComparison[];
  readonly missing: readonly MissingMetric[];
  /** Those that are only shown. */
  readonly others: readonly MetricDifference[];
  readonly failures: FailureComparison;
  readonly stages: readonly StageShift[];
}

export interface Comparison {
  readonly base: string;
  readonly candidate: string;
  readonly host: HostComparison;
  /** The chance that any of the verdicts "regressed" or "improved" is false. */
  readonly alpha: number;
  readonly seed: number;
  /** How many tests Holm's correction is over. */
  readonly tests: number;
  readonly cells: readonly CellComparison[];
  /** Ids of cells that only one side has. */
  readonly onlyBase: readonly string[];
  readonly onlyCandidate: readonly string[];
  /** Cells that the host of either side could not start. */
  readonly skipped: readonly SkippedCell[];
  /** Accelerator and QEMU of the cells that are compared; emulated ones are called so. */
  readonly measuredWith: readonly string[];
  /** What differs of the cells that are compared, such as the kernel's sha256; one sentence each. */
  readonly differences: readonly string[];
}
