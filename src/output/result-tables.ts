/** The tables of a run for the terminal. */
import type { StoredRun } from '../results/run-folder.js';
import type { Summary } from '../summarise.js';
import { endSentences } from './ends.js';
import { growthSentences } from './growth-tables.js';
import { alignedTable, ladderTable } from './ladder.js';
import { bootFindings } from './boot/findings.js';
import { stageTable } from './boot/tables.js';
import { optionFindings } from './options/findings.js';
import { optionHead, optionRows, optionTitle } from './options/tables.js';
import { kernelUnknown, togetherTables } from './together-tables.js';

export function resultTables(summary: Summary, run: StoredRun): string {
  const ladder = ladderTable(summary, run.record);
  const tables = [
    ...(ladder.length === 0 ? [] : [alignedTable(ladder)]),
    ...togetherTables(run, summary).map(({ title, rows }) => `${title}\n${alignedTable(rows)}`),
    growthSentences(summary, run.record).join('\n'),
    ...optionTables(summary, run),
    ...bootTables(run),
    endSentences(run.record).join('\n'),
    kernelUnknown(run) ?? '',
  ];
  return tables
    .filter((text) => text !== '')
    .map((text) => `${text}\n\n`)
    .join('');
}

function optionTables(summary: Summary, { record }: StoredRun): readonly string[] {
  const findings = optionFindings(summary, record);
  if (findings.length === 0) return [];
  return [`${optionTitle}\n${alignedTable([optionHead, ...optionRows(findings)])}`];
}

function bootTables(run: StoredRun): readonly string[] {
  const findings = bootFindings(run);
  if (findings.length === 0) return [];
  const { head, rows } = stageTable(findings);
  return [`Where a boot's time goes, ms\n${alignedTable([head, ...rows])}`];
}
