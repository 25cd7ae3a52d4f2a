/** What is not in the figures: cells the host could not run, and cells that were never started. */
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';

export function notRunSection({ record, summary }: Pick<ReportData, 'record' | 'summary'>): Markup {
  const skipped = record.skipped.map(
    ({ cell, because }) =>
      markup`<li><b class="id">${cell.id}</b>: skipped, because ${because}</li>`,
  );
  const summed = new Set([...summary.cells, ...summary.traced].map(({ id }) => id));
  const missing = record.cells
    .filter(({ id }) => !summed.has(id))
    .map(({ id }) => markup`<li><b class="id">${id}</b>: no measured start was recorded</li>`);
  const items = [...skipped, ...missing];
  const list =
    items.length === 0 ? markup`<p>Every cell of the plan was run.</p>` : markup`<ul>${items}</ul>`;
  return markup`<section id="not-run" aria-labelledby="not-run-title"><h2 id="not-run-title">Not run</h2>${list}</section>`;
}
