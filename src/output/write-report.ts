/** Last stage: everything that is made from a run's folder, so that it can be made again. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { csvText } from '../csv.js';
import type { StoredRun } from '../results/run-folder.js';
import { summarise, type Summary } from '../summarise.js';
import { drawCharts } from './charts/charts.js';
import { reportMarkdown } from './report-md.js';
import { summaryColumns, summaryRecords } from './summary-csv.js';

/** Writes summary.csv, charts/ and report.md beside the samples. */
export async function writeReport(run: StoredRun): Promise<Summary> {
  const { folder, record, samples } = run;
  const summary = summarise(record, samples);
  await writeFile(join(folder, 'summary.csv'), csvText(summaryRecords(summary), summaryColumns));
  const charts = drawCharts(summary, record);
  await mkdir(join(folder, 'charts'), { recursive: true });
  for (const { name, png } of charts) await writeFile(join(folder, 'charts', name), png);
  await writeFile(join(folder, 'report.md'), reportMarkdown(record, summary, charts));
  return summary;
}
