/** The part of report.md that says what each choice wins. */
import type { RunRecord } from '../../results/record.js';
import type { Summary } from '../../summarise.js';
import { markdownTable } from '../ladder.js';
import { optionFindings } from './findings.js';
import { optionHead, optionNote, optionRows, optionTitle } from './tables.js';

/** No parts where no two cells differ in one thing. */
export function optionParts(summary: Summary, record: RunRecord): readonly string[] {
  const findings = optionFindings(summary, record);
  if (findings.length === 0) return [];
  return [`## ${optionTitle}`, markdownTable([optionHead, ...optionRows(findings)]), optionNote];
}
