/**
 * VMs asked for at a rate: what each rate came to over its rounds, and the highest that was sustained.
 * VMs of a step wait for each other, so what is sure of a rate is said over its rounds.
 */
import type { RateRecord } from '../results/rate.js';
import type { RecordedCell } from '../results/record.js';
import { median } from '../statistics/describe.js';
import { tierNames } from '../tiers.js';
import { overRounds, type OverRounds } from './bursts.js';
import { showMs } from './numbers.js';

/** The cells of one machine and tier that differ in nothing but their rate. */
export interface RateFamily {
  readonly key: string;
  /** In ms, ascending: what the scenario asks a rate for. */
  readonly limitsMs: readonly number[];
  /** Of ascending rates. */
  readonly steps: readonly Rate[];
}

export interface Rate {
  readonly row: RateRecord;
  readonly perSecond: number;
  readonly rounds: readonly Round[];
  readonly vms: number;
  readonly failed: number;
  readonly achieved: OverRounds | undefined;
  readonly p50: OverRounds | undefined;
  readonly p95: OverRounds | undefined;
  /** Medians over rounds. */
  readonly lateP95Ms: number | undefined;
  readonly harnessBusy: number | undefined;
  /** The most of its rounds. */
  readonly backlogEnd: number;
  readonly stableRounds: number;
}

/** One step. */
export interface Round {
  readonly p95Ms: number | undefined;
  readonly failed: number;
  readonly stable: boolean;
  readonly endedBecause: string;
}

/** The highest rate that was held in every round, as was every lower one. */
export interface Sustained {
  readonly limitMs: number;
  /** Undefined where not even the lowest was. */
  readonly held: Rate | undefined;
  /** The lowest that was not; undefined where all were. */
  readonly next: Rate | undefined;
}

/** @param cells of the run: they say which limits a rate is asked for */
export function rateFamilies(
  records: readonly RateRecord[],
  cells: readonly Pick<RecordedCell, 'id' | 'load'>[],
): readonly RateFamily[] {
  const families = new Map<string, Map<string, RateRecord[]>>();
  for (const record of records) {
    const id = record['cell'] ?? '';
    const key = id.replace(/\/[\d.]+-per-s/, '');
    const ofFamily = families.get(key) ?? new Map<string, RateRecord[]>();
    ofFamily.set(id, [...(ofFamily.get(id) ?? []), record]);
    families.set(key, ofFamily);
  }
  return [...families]
    .map(([key, steps]) => ({
      key,
      limitsMs: cells.find(({ id }) => steps.has(id))?.load.p95LimitsMs ?? [],
      steps: [...steps.values()].map(rateOf).sort((a, b) => a.perSecond - b.perSecond),
    }))
    .sort((a, b) => tierPlace(a) - tierPlace(b) || a.key.localeCompare(b.key));
}

function tierPlace({ key }: RateFamily): number {
  return tierNames.findIndex((name) => key.startsWith(`${name}/`));
}

function rateOf(records: readonly RateRecord[]): Rate {
  const [row = {}] = records;
  const column = (name: string) => records.flatMap((record) => numberOf(record, name) ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const middle = (values: readonly number[]) => (values.length === 0 ? undefined : median(values));
  return {
    row,
    perSecond: Number(row['rate']),
    rounds: records.map(roundOf),
    vms: sum(column('started')),
    failed: sum(column('failed')),
    achieved: overRounds(column('achieved_per_s')),
    p50: overRounds(column('ready_p50_ms')),
    p95: overRounds(column('ready_p95_ms')),
    lateP95Ms: middle(column('late_p95_ms')),
    harnessBusy: middle(column('harness_busy')),
    backlogEnd: Math.max(...column('backlog_end')),
    stableRounds: records.filter(({ stable }) => stable === 'yes').length,
  };
}

function numberOf(record: RateRecord, name: string): number | undefined {
  const text = record[name] ?? '';
  return text === '' ? undefined : Number(text);
}

function roundOf(record: RateRecord): Round {
  return {
    p95Ms: numberOf(record, 'ready_p95_ms'),
    failed: numberOf(record, 'failed') ?? 0,
    stable: record['stable'] === 'yes',
    endedBecause: record['ended_because'] ?? '',
  };
}

/** Why a step did not hold; a step may have several reasons. The only such list. */
const breaches: readonly {
  readonly text: (limitMs: number) => string;
  readonly is: (round: Round, limitMs: number) => boolean;
}[] = [
  {
    text: (limitMs) => `p95 over ${limitMs} ms`,
    is: ({ p95Ms, endedBecause }, limitMs) =>
      endedBecause === '' && (p95Ms === undefined || p95Ms > limitMs),
  },
  {
    text: () => 'the queue grew',
    is: ({ stable, endedBecause }) => endedBecause === '' && !stable,
  },
  { text: () => 'a start failed', is: ({ failed }) => failed > 0 },
  { text: () => 'ended early', is: ({ endedBecause }) => endedBecause !== '' },
];

export function heldRounds({ rounds }: Rate, limitMs: number): number {
  return rounds.filter((round) => !breaches.some(({ is }) => is(round, limitMs))).length;
}

/** What kept a rate from being held, and in how many of its rounds: `p95 over 50 ms in 4`. */
export function breachText({ rounds }: Rate, limitMs: number): string {
  return breaches
    .map(({ text, is }) => ({
      text: text(limitMs),
      count: rounds.filter((round) => is(round, limitMs)).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ text, count }) => `${text} in ${count}`)
    .join(', ');
}

export function sustained({ steps }: RateFamily, limitMs: number): Sustained {
  const isHeld = (rate: Rate) => heldRounds(rate, limitMs) === rate.rounds.length;
  const broken = steps.findIndex((rate) => !isHeld(rate));
  const heldUpTo = broken < 0 ? steps.length : broken;
  return { limitMs, held: steps[heldUpTo - 1], next: steps[heldUpTo] };
}

/** From here on a harness is told of: as a part of its time, and of p95 of ready. */
const busyFrom = 0.9;
const latePartFrom = 0.25;

/** Where the figures of a rate may be the harness's rather than QEMU's and the host's: in what way. */
export function harnessBound({ harnessBusy = 0, lateP95Ms = 0, p95 }: Rate): string | undefined {
  if (harnessBusy >= busyFrom) return 'the harness itself was at its limit';
  if (p95 === undefined || lateP95Ms <= latePartFrom * p95.p50) return undefined;
  return `the harness itself asked up to ${showMs(lateP95Ms)} ms late (p95)`;
}
