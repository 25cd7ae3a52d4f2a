/**
 * Bursts: starts asked for at the same instant. What one VM of a burst waits for is the others, so
 * they are no independent samples: what is sure of a burst is said over its rounds.
 */
import type { SampleRecord } from '../results/columns.js';
import { maximum, median, percentile } from '../statistics/describe.js';
import { medianInterval } from '../statistics/interval.js';
import { metricOf, type CellSummary, type Summary } from '../summarise.js';

/** The cells of one machine and tier that differ in nothing but how many are asked for at once. */
export interface BurstFamily {
  readonly key: string;
  readonly bursts: readonly Burst[];
}

export interface Burst {
  readonly cell: CellSummary;
  readonly concurrency: number;
  readonly rounds: number;
  /** Time to ready of every VM that started, in ms. */
  readonly readyMs: readonly number[];
  readonly p50Ms: number | undefined;
  /** Undefined below 59 VMs. */
  readonly p95Ms: number | undefined;
  /** Until the last was ready, of the rounds in which none failed. */
  readonly last: OverRounds | undefined;
  readonly lastWork: OverRounds | undefined;
  /** VMs a second: those of a round by the time to the last. */
  readonly perSecond: OverRounds | undefined;
}

/** A median over rounds, with its 95 % interval where there are 6 of them. */
export interface OverRounds {
  readonly p50: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** None in a run that only starts VMs by themselves. */
export function burstFamilies(
  summary: Summary,
  samples: readonly SampleRecord[],
): readonly BurstFamily[] {
  const families = new Map<string, Burst[]>();
  for (const cell of summary.cells) {
    if (['alive', 'rate'].some((name) => Number(cell.row[name] ?? '') > 0)) continue;
    const key = cell.id.replace(/\/\d+-at-once/, '');
    families.set(key, [...(families.get(key) ?? []), burstOf(cell, samples)]);
  }
  return [...families]
    .map(([key, bursts]) => ({
      key,
      bursts: bursts.sort((a, b) => a.concurrency - b.concurrency),
    }))
    .filter(({ bursts }) => bursts.some(({ concurrency }) => concurrency > 1));
}

function burstOf(cell: CellSummary, samples: readonly SampleRecord[]): Burst {
  const rounds = roundsOf(cell, samples);
  const concurrency = Number(cell.row['concurrency']);
  const whole = rounds.filter((rows) => rows.every(({ state }) => state === 'ok'));
  const lastOf = (column: string) =>
    whole.map((rows) => maximum(rows.map((row) => Number(row[column]))));
  const readyMs = metricOf(cell, 'ready')?.values ?? [];
  const last = lastOf('ready_ms');
  return {
    ...{ cell, concurrency, readyMs, rounds: rounds.length },
    p50Ms: readyMs.length === 0 ? undefined : median(readyMs),
    p95Ms: percentile(readyMs, 0.95),
    last: overRounds(last),
    lastWork: overRounds(cell.tier === 'floor' ? [] : lastOf('work_ms')),
    perSecond: overRounds(last.map((ms) => (concurrency * 1000) / ms)),
  };
}

function roundsOf(cell: CellSummary, samples: readonly SampleRecord[]): readonly SampleRecord[][] {
  const rounds = new Map<string, SampleRecord[]>();
  for (const sample of samples) {
    if (sample['cell'] !== cell.id || sample['phase'] !== 'measure') continue;
    const round = sample['round'] ?? '';
    const rows = rounds.get(round);
    if (rows === undefined) rounds.set(round, [sample]);
    else rows.push(sample);
  }
  return [...rounds.values()];
}

export function overRounds(values: readonly number[]): OverRounds | undefined {
  if (values.length === 0) return undefined;
  const interval = medianInterval(values);
  return { p50: median(values), low: interval?.lower, high: interval?.upper };
}
