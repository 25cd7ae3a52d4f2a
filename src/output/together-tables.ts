/** Bursts, VMs kept alive and rates as rows of text, for the terminal, report.md and report.html. */
import type { RunRecord } from '../results/record.js';
import type { StoredRun } from '../results/run-folder.js';
import type { Summary } from '../summarise.js';
import { burstFamilies, type Burst } from './bursts.js';
import {
  densityFamilies,
  densityMeasures,
  densityMeasureNames,
  type Density,
} from './densities.js';
import { showMaybe, showMs } from './numbers.js';
import { rateTables } from './rate-tables.js';
import { machineOf, showOverRounds, type TogetherTable } from './together-columns.js';

export type { TogetherTable } from './together-columns.js';

const burstNote =
  'Times in ms. All VMs of a round have the same start: the instant at which they were asked for, so what a VM waits for the others is in its time. p50 and p95: of all VMs of all rounds. Last: until the last VM of a round was ready, median over the rounds in which none failed, with its 95 % interval (from 6 rounds on).';

const densityNote = `MiB for each VM alive, in total for MemAvailable's last column. ${densityMeasureNames
  .map((name) => `*${densityMeasures[name].title}*: ${densityMeasures[name].holds}`)
  .join('; ')}. MemAvailable sees whatever else the host does at the time.`;

/** Empty for a run that starts VMs by themselves. */
export function togetherTables(run: StoredRun, summary: Summary): readonly TogetherTable[] {
  const bursts = burstFamilies(summary, run.samples).flatMap((family) => family.bursts);
  const steps = densityFamilies(run.density ?? []).flatMap((family) => family.steps);
  const { record } = run;
  return [
    ...(bursts.length === 0
      ? []
      : [{ title: 'Bursts', rows: burstRows(bursts, record), note: burstNote }]),
    ...(steps.length === 0
      ? []
      : [{ title: 'Density', rows: densityRows(steps, record), note: densityNote }]),
    ...rateTables(run),
  ];
}

function burstRows(bursts: readonly Burst[], record: RunRecord): readonly (readonly string[])[] {
  const head = [
    ...['tier', 'guest', 'accel', 'memory', 'touched', 'at once', 'rounds', 'VMs', 'failed'],
    ...['ready p50', 'p95', 'last ready [95 %]', 'last work', 'VMs/s'],
  ];
  const rows = bursts.map((burst) => [
    ...machineOf(burst.cell.row, record),
    `${burst.cell.row['working_set_mib'] ?? ''} MiB`,
    String(burst.concurrency),
    String(burst.rounds),
    String(burst.cell.n),
    String(burst.cell.failed),
    showMaybe(burst.p50Ms, showMs),
    showMaybe(burst.p95Ms, showMs),
    burst.last === undefined ? '-' : showOverRounds(burst.last),
    showMaybe(burst.lastWork?.p50, showMs),
    showMaybe(burst.perSecond?.p50, showMs),
  ]);
  return [head, ...rows];
}

function densityRows(steps: readonly Density[], record: RunRecord): readonly (readonly string[])[] {
  const told = densityMeasureNames.filter((name) =>
    steps.some(({ each }) => (each[name] ?? 0) !== 0),
  );
  const head = [
    ...['tier', 'guest', 'accel', 'memory', 'backing', 'THP', 'touched', 'alive'],
    ...told.map((name) => densityMeasures[name].title),
    ...['MemAvailable, all', 'ended early because'],
  ];
  const rows = steps.map((step) => [
    ...machineOf(step.row, record),
    step.row['backing'] ?? '',
    step.row['thp'] ?? '',
    `${step.row['working_set_mib'] ?? ''} MiB`,
    step.alive === step.asked ? String(step.alive) : `${step.alive} of ${step.asked}`,
    ...told.map((name) => showMaybe(step.each[name], showMiB)),
    showMaybe(step.each.available, (kib) => showMiB(kib * step.alive)),
    step.endedBecause,
  ]);
  return [head, ...rows];
}

export function showMiB(kib: number): string {
  const mib = kib / 1024;
  return Math.abs(mib) >= 100 ? mib.toFixed(0) : mib.toFixed(2);
}

/** Why kernel memory was not measured; a run has one host, so one reason. */
export function kernelUnknown({ density = [] }: StoredRun): string | undefined {
  const reason = density
    .map((row) => row['kernel_unknown_because'] ?? '')
    .find((why) => why !== '');
  return reason === undefined ? undefined : `kernel memory was not measured: ${reason}`;
}
