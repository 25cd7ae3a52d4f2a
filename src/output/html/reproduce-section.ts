/** How to take these figures again: the command, what it was run with, and the scenarios in full. */
import { shellQuote } from '../../qemu/command.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';
import { nameTable } from './tables.js';

export function reproduceSection({ record }: ReportData): Markup {
  const { command, seed, basepoint, node, runId, startedAt, finishedAt, scenarios } = record;
  const rows = [
    ['run', runId],
    ['seed', String(seed)],
    ['basepoint', basepoint],
    ['Node.js', node],
    ['QEMU', record.qemus.map(({ version }) => version.full).join('; ')],
    ['started', startedAt],
    ['finished', finishedAt ?? 'not finished'],
  ] as const;
  const texts = scenarios.map(
    ({ file, text }) =>
      markup`<h3>Scenario <span class="id">${file}</span></h3><pre tabindex="0" aria-label="text of ${file}">${text}</pre>`,
  );
  return markup`<section id="reproduce" aria-labelledby="reproduce-title"><h2 id="reproduce-title">Run it again</h2>
<pre tabindex="0" aria-label="command"><code>${shellQuote(command)}</code></pre>
${nameTable('What it was run with', rows)}
${texts}</section>`;
}
