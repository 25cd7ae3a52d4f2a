/** Last stage: everything that is made from a run's folder, so that it can be made again. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { spawningLabel, type Calibration, type MeasuredEntry } from '../calibrate/entry.js';
import { latenessByCell } from '../calibrate/lateness.js';
import { csvText } from '../csv.js';
import type { StoredRun } from '../results/run-folder.js';
import type { RunRecord } from '../results/record.js';
import { alone, metricOf, summarise, type CellSummary, type Summary } from '../summarise.js';
import { tiers } from '../tiers.js';
import { observerWarning, spawningWarning } from '../warnings.js';
import { bootParts } from './boot/boot-md.js';
import { bootCharts } from './charts/boot-chart.js';
import { drawCharts } from './charts/charts.js';
import { growthCharts } from './charts/growth-chart.js';
import { identityParts } from './identity/identity-md.js';
import { togetherCharts } from './charts/together-charts.js';
import { reportHtml } from './html/report-html.js';
import { optionParts } from './options/options-md.js';
import { reportMarkdown } from './report-md.js';
import { summaryColumns, summaryRecords } from './summary-csv.js';
import { tenantParts } from './tenants/tenants-md.js';
import { togetherTables } from './together-tables.js';

/** Writes summary.csv, charts/, report.md and report.html beside the samples. */
export async function writeReport(run: StoredRun): Promise<Summary> {
  const { folder, record, samples, observed = [] } = run;
  const lateness = latenessByCell(samples);
  const summary = withObserver(summarise(record, samples), lateness, record);
  await writeFile(join(folder, 'summary.csv'), csvText(summaryRecords(summary), summaryColumns));
  const charts = [
    ...drawCharts(alone(summary), record),
    ...growthCharts(summary, record),
    ...bootCharts(run),
    ...togetherCharts(run, summary),
  ];
  await mkdir(join(folder, 'charts'), { recursive: true });
  for (const { name, png } of charts) await writeFile(join(folder, 'charts', name), png);
  await writeFile(
    join(folder, 'report.md'),
    reportMarkdown(
      record,
      summary,
      charts,
      [...lateness.values()],
      [
        ...optionParts(summary, record),
        ...bootParts(run),
        ...identityParts(record, samples, observed),
        ...tenantParts(run),
      ],
      togetherTables(run, summary),
    ),
  );
  await writeFile(
    join(folder, 'report.html'),
    reportHtml(run, summary, {
      logs: await logs(folder),
      calibration: shownCalibration(record, lateness),
    }),
  );
  return summary;
}

type Lateness = ReadonlyMap<string, MeasuredEntry>;

/** Warns of cells in which the harness was late, or spawning took much of the time. */
function withObserver(
  { cells, traced }: Summary,
  lateness: Lateness,
  { calibration }: RunRecord,
): Summary {
  const spawning = calibration?.entries.find(({ label }) => label === spawningLabel);
  const spawnMs = spawning?.state === 'measured' ? spawning.p50Ms : 0;
  const readyOf = (cell: CellSummary) => metricOf(cell, 'ready')?.p50;
  const spawned = cells
    .filter(({ tier }) => tiers[tier].begins === 'spawn')
    .flatMap((cell) => {
      const readyMs = readyOf(cell);
      return readyMs === undefined ? [] : [{ cell, readyMs }];
    })
    .sort((a, b) => a.readyMs - b.readyMs);
  const found = spawningWarning(
    spawnMs,
    spawned.map(({ readyMs }) => readyMs),
  );
  const warned = (cell: CellSummary): CellSummary => {
    const [late, ready] = [lateness.get(cell.id), readyOf(cell)];
    const own = [
      late && ready !== undefined ? observerWarning(late.p50Ms, ready) : undefined,
      cell === spawned[0]?.cell ? found : undefined,
    ].filter((warning) => warning !== undefined);
    return { ...cell, warnings: [...cell.warnings, ...own] };
  };
  return { cells: cells.map(warned), traced };
}

/** What was measured at the start of the run, and then in its own starts. */
function shownCalibration({ calibration }: RunRecord, lateness: Lateness): Calibration | undefined {
  if (calibration === undefined) return undefined;
  const { takenAt, entries } = calibration;
  return { takenAt, entries: [...entries, ...lateness.values()] };
}

/** The failures' logs by file name. */
async function logs(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, 'logs');
  const names = await readdir(path).catch(() => []);
  const texts = names.map(
    async (name) => [name, await readFile(join(path, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(texts));
}
