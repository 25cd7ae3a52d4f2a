/** What every part of the report is made from: the run, read once. */
import { isTraced } from '../../boot-stages.js';
import type { Calibration } from '../../calibrate/entry.js';
import type { RunRecord } from '../../results/record.js';
import type { SampleRecord } from '../../results/columns.js';
import type { ObservedClone } from '../../results/observed-clones.js';
import type { StoredRun } from '../../results/run-folder.js';
import { isTogether, type CellSummary, type Summary } from '../../summarise.js';

export interface ReportOptions {
  /** Text of the logs of failed starts, by their name in the run's `logs/`. */
  readonly logs?: ReadonlyMap<string, string> | undefined;
  /** Absent: the report says that the observer was not calibrated. */
  readonly calibration?: Calibration | undefined;
}

/** One start as the charts need it. */
export interface ChartSample {
  /** Its place among all samples of the page; links its dots and its tooltip. */
  readonly index: number;
  readonly order: number;
  readonly measured: boolean;
  readonly failed: boolean;
  /** Absent where the guest did not get ready. */
  readonly readyMs: number | undefined;
  readonly record: SampleRecord;
}

export interface ReportData {
  readonly record: RunRecord;
  readonly summary: Summary;
  readonly samples: readonly ChartSample[];
  readonly observed: readonly ObservedClone[];
  readonly options: ReportOptions;
}

export function reportData(run: StoredRun, summary: Summary, options: ReportOptions): ReportData {
  const { record, observed = [] } = run;
  // Hundreds of VMs a round are shown as curves, not as dots.
  const samples = run.samples.filter((row) => !isTogether({ row }) && !isTraced(row));
  return { record, summary, samples: samples.map(chartSample), observed, options };
}

export function samplesOf(data: ReportData, cell: CellSummary): readonly ChartSample[] {
  return data.samples.filter(({ record }) => record['cell'] === cell.id);
}

/** The element id of a cell's section. Cell ids may hold anything; places in the summary do not. */
export function anchorOf(data: ReportData, cell: CellSummary): string {
  return `cell-${data.summary.cells.indexOf(cell) + 1}`;
}

function chartSample(record: SampleRecord, index: number): ChartSample {
  const ready = record['ready_ms'] ?? '';
  return {
    index,
    order: Number(record['order']),
    measured: record['phase'] === 'measure',
    failed: record['state'] !== 'ok',
    readyMs: ready === '' ? undefined : Number(ready),
    record,
  };
}
