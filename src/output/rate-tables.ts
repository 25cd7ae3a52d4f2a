/** Rates as rows of text: what each came to, and the highest that was sustained. */
import type { RunRecord } from '../results/record.js';
import type { StoredRun } from '../results/run-folder.js';
import { showMaybe, showMs } from './numbers.js';
import {
  breachText,
  harnessBound,
  heldRounds,
  rateFamilies,
  sustained,
  type Rate,
  type RateFamily,
} from './rates.js';
import { machineOf, showOverRounds, type TogetherTable } from './together-columns.js';

const stepNote =
  'Times in ms, from the instant at which a VM was due to be asked for, whether the harness was in time or not. p50 and p95 of each step; shown is the median over the rounds, with its 95 % interval (from 6 rounds on). Each VM ends after its work, and that is part of the load. *Reached*: VMs a second until the last was ready. *Backlog*: VMs due and not ready when the last was asked for, the most of the rounds. *Stable*: rounds in which the queue did not grow. *Harness late*: p95 of how much later than due the harness asked. *Busy*: part of the time in which its only thread was at work.';

const sustainedNote =
  'A rate is held in a round when p95 of ready is at most the limit, no start failed, the queue did not grow, and the step went on to its end. Sustained is the highest rate that was held in every round, as was every lower one that was tried; in brackets the part of such steps that holds at least, with 95 % confidence. Between it and the next rate nothing was tried. Steps are short: a rate that is up to a tenth above what could be borne for long may be held.';

/** Empty for a run without rates. */
export function rateTables({ rate = [], record }: StoredRun): readonly TogetherTable[] {
  const families = rateFamilies(rate, record.cells);
  if (families.length === 0) return [];
  return [
    { title: 'Sustained rate', rows: sustainedRows(families, record), note: sustainedNote },
    { title: 'Rates', rows: stepRows(families, record), note: stepNote },
  ];
}

function sustainedRows(
  families: readonly RateFamily[],
  record: RunRecord,
): readonly (readonly string[])[] {
  const head = ['tier', 'guest', 'accel', 'memory', 'touched', 'p95 at most', 'sustained', 'held'];
  const rows = families.flatMap((family) =>
    family.limitsMs.map((limitMs) => {
      const { held, next } = sustained(family, limitMs);
      const { row = {} } = family.steps[0] ?? {};
      return [
        ...[...machineOf(row, record), touched(row), `${limitMs} ms`],
        rateText(held, next),
        held === undefined ? '-' : heldText(held, limitMs),
        next === undefined ? '-' : nextText(next, limitMs),
      ];
    }),
  );
  return [[...head, 'the next rate'], ...rows];
}

function rateText(held: Rate | undefined, next: Rate | undefined): string {
  if (held === undefined) return `less than ${next?.perSecond ?? 0}/s`;
  return next === undefined ? `at least ${held.perSecond}/s` : `${held.perSecond}/s`;
}

function heldText(rate: Rate, limitMs: number): string {
  const rounds = rate.rounds.length;
  // Clopper and Pearson's lower end, one-sided, where all of n are held: 0.05^(1/n).
  const least = Math.floor(100 * 0.05 ** (1 / rounds));
  return `${heldRounds(rate, limitMs)} of ${rounds} rounds [${least} %]${harnessText(rate)}`;
}

function nextText(rate: Rate, limitMs: number): string {
  const held = `${rate.perSecond}/s: ${heldRounds(rate, limitMs)} of ${rate.rounds.length}`;
  return `${held} (${breachText(rate, limitMs)})${harnessText(rate)}`;
}

function harnessText(rate: Rate): string {
  const bound = harnessBound(rate);
  return bound === undefined ? '' : `; ${bound}`;
}

function stepRows(
  families: readonly RateFamily[],
  record: RunRecord,
): readonly (readonly string[])[] {
  const head = [
    ...['tier', 'guest', 'accel', 'memory', 'touched', 'asked for', 'rounds', 'VMs', 'failed'],
    ...['reached', 'ready p50', 'ready p95 [95 %]', 'backlog', 'stable', 'harness late', 'busy'],
    'ended early because',
  ];
  const rows = families.flatMap(({ steps }) =>
    steps.map((rate) => [
      ...[...machineOf(rate.row, record), touched(rate.row), `${rate.perSecond}/s`],
      ...[rate.rounds.length, rate.vms, rate.failed].map(String),
      rate.achieved === undefined ? '-' : `${showMs(rate.achieved.p50)}/s`,
      showMaybe(rate.p50?.p50, showMs),
      rate.p95 === undefined ? '-' : showOverRounds(rate.p95),
      String(rate.backlogEnd),
      `${rate.stableRounds} of ${rate.rounds.length}`,
      showMaybe(rate.lateP95Ms, showMs),
      showMaybe(rate.harnessBusy, (part) => `${(part * 100).toFixed(0)} %`),
      rate.rounds.find(({ endedBecause }) => endedBecause !== '')?.endedBecause ?? '',
    ]),
  );
  return [head, ...rows];
}

function touched(row: Readonly<Record<string, string>>): string {
  return `${row['working_set_mib'] ?? ''} MiB`;
}
