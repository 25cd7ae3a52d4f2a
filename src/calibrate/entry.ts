/** What calibration says: one entry for each part of the observer, measured or why not. Pure. */
import { maximum, median, percentile } from '../statistics/describe.js';

export interface MeasuredEntry {
  readonly state: 'measured';
  readonly label: string;
  readonly n: number;
  readonly p50Ms: number;
  /** Absent below 29 samples, as for every other figure. */
  readonly p90Ms?: number | undefined;
  readonly maxMs?: number | undefined;
  /** Of a shift between two kinds of start: its interval, which may reach below zero. */
  readonly intervalMs?: readonly [lower: number, upper: number] | undefined;
}

export interface UnmeasuredEntry {
  readonly state: 'unmeasured';
  readonly label: string;
  /** Completes "not measured: ...". */
  readonly why: string;
}

export type CalibrationEntry = MeasuredEntry | UnmeasuredEntry;

/** How the entry of spawning is called, which warnings look for. */
export const spawningLabel = 'spawning a small static program, until its first mark';

/** The observer's own times. They are shown beside the figures and never subtracted from them. */
export interface Calibration {
  readonly takenAt: string;
  readonly entries: readonly CalibrationEntry[];
}

/** @throws RangeError without a value */
export function measuredEntry(label: string, valuesMs: readonly number[]): MeasuredEntry {
  return {
    state: 'measured',
    label,
    n: valuesMs.length,
    p50Ms: median(valuesMs),
    p90Ms: percentile(valuesMs, 0.9),
    maxMs: maximum(valuesMs),
  };
}

export function isMeasured(entry: CalibrationEntry): entry is MeasuredEntry {
  return entry.state === 'measured';
}
