/** The part of report.md that says where the time of a boot goes. */
import type { StoredRun } from '../../results/run-folder.js';
import { markdownTable } from '../ladder.js';
import { bootFindings } from './findings.js';
import {
  bootNotes,
  costLines,
  initcallTable,
  stageTable,
  stepTable,
  type TextTable,
} from './tables.js';

/** No parts where nothing was traced. */
export function bootParts(run: StoredRun): readonly string[] {
  const findings = bootFindings(run);
  if (findings.length === 0) return [];
  return [
    '## Where a boot’s time goes',
    table(stageTable(findings)),
    bootNotes.stages,
    costLines(findings)
      .map((line) => `- ${line}`)
      .join('\n'),
    '### The longest initcalls',
    table(initcallTable(findings)),
    bootNotes.initcalls,
    '### The longest steps outside initcalls',
    table(stepTable(findings)),
    bootNotes.steps,
  ];
}

function table({ head, rows }: TextTable): string {
  return markdownTable([head, ...rows]);
}
