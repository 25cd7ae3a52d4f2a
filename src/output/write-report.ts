/** Last stage: everything that is made from a run's folder, so that it can be made again. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { csvText } from '../csv.js';
import type { StoredRun } from '../results/run-folder.js';
import { summarise, type Summary } from '../summarise.js';
import { drawCharts } from './charts/charts.js';
import { reportHtml } from './html/report-html.js';
import { reportMarkdown } from './report-md.js';
import { summaryColumns, summaryRecords } from './summary-csv.js';

/** Writes summary.csv, charts/, report.md and report.html beside the samples. */
export async function writeReport(run: StoredRun): Promise<Summary> {
  const { folder, record, samples } = run;
  const summary = summarise(record, samples);
  await writeFile(join(folder, 'summary.csv'), csvText(summaryRecords(summary), summaryColumns));
  const charts = drawCharts(summary, record);
  await mkdir(join(folder, 'charts'), { recursive: true });
  for (const { name, png } of charts) await writeFile(join(folder, 'charts', name), png);
  await writeFile(join(folder, 'report.md'), reportMarkdown(record, summary, charts));
  await writeFile(
    join(folder, 'report.html'),
    reportHtml(run, summary, { logs: await logs(folder) }),
  );
  return summary;
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
