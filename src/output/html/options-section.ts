/** What each choice wins: cells that differ in one thing, side by side. */
import type { RunRecord } from '../../results/record.js';
import type { Summary } from '../../summarise.js';
import { optionFindings } from '../options/findings.js';
import { optionHead, optionNote, optionRows, optionTitle } from '../options/tables.js';
import { markup, type Markup } from './markup.js';
import { table } from './tables.js';

/** Undefined where no two cells differ in one thing. */
export function optionsSection(summary: Summary, record: RunRecord): Markup | undefined {
  const findings = optionFindings(summary, record);
  if (findings.length === 0) return undefined;
  const rows = optionRows(findings);
  return markup`<section id="options" aria-labelledby="options-title"><h2 id="options-title">${optionTitle}</h2>
${table({ caption: 'Against the first of its kind, in ms', head: optionHead, rows })}
<p class="note">${optionNote.replaceAll('*', '')}</p></section>`;
}
