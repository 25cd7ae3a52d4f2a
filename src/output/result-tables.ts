/** The tables of a run for the terminal. */
import type { StoredRun } from '../results/run-folder.js';
import type { Summary } from '../summarise.js';
import { endSentences } from './ends.js';
import { growthSentences } from './growth-tables.js';
import { alignedTable, ladderColumns, ladderRows } from './ladder.js';
import { kernelUnknown, togetherTables } from './together-tables.js';

export function resultTables(summary: Summary, run: StoredRun): string {
  const ladder = ladderRows(summary, run.record);
  const tables = [
    ...(ladder.length === 0 ? [] : [alignedTable([ladderColumns, ...ladder])]),
    ...togetherTables(run, summary).map(({ title, rows }) => `${title}\n${alignedTable(rows)}`),
    growthSentences(summary, run.record).join('\n'),
    endSentences(run.record).join('\n'),
    kernelUnknown(run) ?? '',
  ];
  return tables
    .filter((text) => text !== '')
    .map((text) => `${text}\n\n`)
    .join('');
}
