/**
 * rate.csv: one row for each step in which VMs were asked for at a rate. All but what only the harness
 * knows follows from the step's rows in samples.csv.
 */
import { parseCsv } from '../csv.js';
import { messageOf } from '../errors.js';
import type { RateSample } from '../measure/rate.js';
import type { Sample } from '../measure/sample.js';
import type { Cell } from '../plan/cell.js';
import { dimensionsIn } from './columns.js';
import { rateFigures, type Arrived } from './rate-figures.js';

export const rateColumns = [
  ...['run_id', 'cell', 'scenario', 'tier', 'guest', 'accel', 'qemu', 'machine', 'memory_mib'],
  ...['vcpus', 'backing', 'thp', 'working_set_mib', 'rate', 'arrivals', 'round', 'asked'],
  ...['started', 'ended_because', 'failed', 'step_ms', 'achieved_per_s', 'ready_p50_ms'],
  ...['ready_p95_ms', 'ready_max_ms', 'late_p50_ms', 'late_p95_ms', 'late_max_ms'],
  ...['harness_busy', 'alive_most', 'backlog_third', 'backlog_end', 'trend_ms', 'stable'],
] as const;

export type RateRecord = Readonly<Record<string, string>>;

/** @param samples of the step, in the order in which they were due */
export function toRateRecord(
  runId: string,
  step: RateSample,
  samples: readonly Sample[],
  cell: Cell,
): RateRecord {
  const starts = samples.map(arrived);
  const plannedMs = (step.planned / cell.rate) * 1000;
  const lastMs = starts.at(-1)?.dueMs ?? 0;
  const stepMs = step.endedBecause === '' ? plannedMs : lastMs;
  const figures = rateFigures(starts, stepMs);
  return {
    run_id: runId,
    ...dimensionsIn(rateColumns, cell),
    arrivals: cell.load.arrivals,
    round: String(step.round),
    asked: String(step.planned),
    started: String(samples.length),
    ended_because: step.endedBecause,
    failed: String(figures.failed),
    step_ms: number(stepMs),
    achieved_per_s: number(figures.achievedPerSecond),
    ready_p50_ms: number(figures.readyP50Ms),
    ready_p95_ms: number(figures.readyP95Ms),
    ready_max_ms: number(figures.readyMaxMs),
    late_p50_ms: number(figures.lateP50Ms),
    late_p95_ms: number(figures.lateP95Ms),
    late_max_ms: number(figures.lateMaxMs),
    harness_busy: number(step.harnessBusy),
    alive_most: String(step.mostAlive),
    backlog_third: String(figures.backlogThird),
    backlog_end: String(figures.backlogEnd),
    trend_ms: number(figures.trendMs),
    stable: figures.stable && step.endedBecause === '' ? 'yes' : 'no',
  };
}

function arrived(sample: Sample): Arrived {
  const { dueMs = 0, lateMs = 0 } = sample.arrival ?? {};
  const readyMs = sample.state === 'ok' ? sample.marks.ready : undefined;
  return { dueMs, lateMs, readyMs };
}

function number(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toFixed(3)));
}

/**
 * Reads it back. A step that was done again after the harness was killed has two rows: the last holds.
 *
 * @throws Error that names the line of the first row that cannot be one of ours
 */
export function readRate(text: string): readonly RateRecord[] {
  if (text === '') return [];
  try {
    const steps = new Map<string, RateRecord>();
    for (const { record, line } of parseCsv(text, refuseOtherHeader)) {
      const wrong = ['rate', 'asked', 'started', 'failed', 'backlog_end'].find(
        (name) => !/^\d+(\.\d+)?$/.test(record[name] ?? ''),
      );
      if (wrong !== undefined) throw new Error(`line ${line}: "${wrong}" must be a number`);
      steps.set(`${record['round'] ?? ''} ${record['cell'] ?? ''}`, record);
    }
    return [...steps.values()];
  } catch (error) {
    throw new Error(`rate.csv: ${messageOf(error)}`, { cause: error });
  }
}

function refuseOtherHeader(columns: readonly string[]): void {
  const at = rateColumns.findIndex((name, index) => columns[index] !== name);
  if (at < 0) return;
  throw new Error(`line 1: column ${at + 1} must be "${rateColumns[at] ?? ''}"`);
}
