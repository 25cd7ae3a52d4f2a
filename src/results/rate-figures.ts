/** What one step of a rate says: of its starts by when each was due, when it was ready and when not. */
import { maximum, median, percentile, quantile } from '../statistics/describe.js';

/** A start of a step, in ms. */
export interface Arrived {
  readonly dueMs: number;
  readonly lateMs: number;
  /** From the instant at which it was due; undefined where it failed. */
  readonly readyMs: number | undefined;
}

export interface RateFigures {
  readonly failed: number;
  /** VMs that were ready, by the time until all were asked for and ready. */
  readonly achievedPerSecond: number | undefined;
  readonly readyP50Ms: number | undefined;
  /** Undefined below 59 VMs. */
  readonly readyP95Ms: number | undefined;
  readonly readyMaxMs: number | undefined;
  readonly lateP50Ms: number | undefined;
  readonly lateP95Ms: number | undefined;
  readonly lateMaxMs: number | undefined;
  /** VMs due and not yet ready: at a third of the step, and at its end. */
  readonly backlogThird: number;
  readonly backlogEnd: number;
  /** Median of ready in the last third less that in the first. */
  readonly trendMs: number | undefined;
  /** The queue did not grow, as far as a step so short tells. */
  readonly stable: boolean;
}

/**
 * A queue that is served more slowly than VMs come grows with every VM, and what each waits with it. So
 * both must be seen: the backlog grew by one in twenty of those that came since a third of the step, and
 * five more; and ready took half as long again in the last third as in the first. Either alone is what
 * chance makes of arrivals that crowd, or of a host that has a slow moment.
 */
const growthPart = 0.05;
const growthLeast = 5;
const slowedFrom = 1.5;

/** @param stepMs how long the step asked for VMs, or was to ask */
export function rateFigures(starts: readonly Arrived[], stepMs: number): RateFigures {
  const ready = starts.flatMap(({ readyMs }) => readyMs ?? []);
  const late = starts.map(({ lateMs }) => lateMs);
  const [third, end] = [stepMs / 3, stepMs];
  const [backlogThird, backlogEnd] = [backlogAt(starts, third), backlogAt(starts, end)];
  const came = starts.filter(({ dueMs }) => dueMs > third).length;
  const [before, after] = [medianOf(starts, 0, third), medianOf(starts, 2 * third, Infinity)];
  const known = before !== undefined && after !== undefined;
  const grew = backlogEnd - backlogThird > growthLeast + growthPart * came;
  return {
    failed: starts.length - ready.length,
    achievedPerSecond: achieved(starts, stepMs),
    readyP50Ms: some(ready, median),
    readyP95Ms: percentile(ready, 0.95),
    readyMaxMs: some(ready, maximum),
    lateP50Ms: some(late, median),
    lateP95Ms: some(late, (values) => quantile(values, 0.95)),
    lateMaxMs: some(late, maximum),
    ...{ backlogThird, backlogEnd },
    trendMs: known ? after - before : undefined,
    stable: !(grew && known && after > slowedFrom * before),
  };
}

function some(
  values: readonly number[],
  figure: (values: readonly number[]) => number,
): number | undefined {
  return values.length === 0 ? undefined : figure(values);
}

function backlogAt(starts: readonly Arrived[], atMs: number): number {
  return starts.filter(
    ({ dueMs, readyMs }) => readyMs !== undefined && dueMs <= atMs && dueMs + readyMs > atMs,
  ).length;
}

function achieved(starts: readonly Arrived[], stepMs: number): number | undefined {
  const ends = starts.flatMap(({ dueMs, readyMs }) =>
    readyMs === undefined ? [] : [dueMs + readyMs],
  );
  return ends.length === 0 ? undefined : (ends.length * 1000) / Math.max(stepMs, maximum(ends));
}

/** Median of ready of those that were due from one instant up to another. */
function medianOf(starts: readonly Arrived[], fromMs: number, toMs: number): number | undefined {
  const ready = starts.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs);
  return some(
    ready.flatMap(({ readyMs }) => readyMs ?? []),
    median,
  );
}
