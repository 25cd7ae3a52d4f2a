/** What the figures must be read with: what was seen, and what to do about it. */
import { markup, type Markup } from './markup.js';
import { anchorOf, type ReportData } from './report-data.js';
import type { CellSummary } from '../../summarise.js';

interface ShownWarning {
  readonly where: Markup;
  readonly seen: string;
  readonly do: string;
}

/** Says so where there is nothing to warn of: silence could also mean that nobody looked. */
export function warningList(data: ReportData): Markup {
  const found = [...cellWarnings(data), ...hostWarnings(data)];
  const list =
    found.length === 0
      ? markup`<p>None: no failure, drift, correlation of neighbours, second mode, slow first start or noise of the host was seen.</p>`
      : markup`<ul class="warnings">${found.map(item)}</ul>`;
  return markup`<h3 id="warnings">Warnings</h3>${list}`;
}

/** The warnings of one cell, for its own section. */
export function warningsOfCell(
  warnings: readonly Omit<ShownWarning, 'where'>[],
): Markup | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map((warning) => item({ ...warning, where: markup`` }));
  return markup`<ul class="warnings">${items}</ul>`;
}

function cellWarnings(data: ReportData): readonly ShownWarning[] {
  const { cells, traced } = data.summary;
  const of = (cell: CellSummary, anchor: string) =>
    cell.warnings.map((warning) => ({
      ...warning,
      where: markup`<a href="#${anchor}">${cell.id}</a>`,
    }));
  return [
    ...cells.flatMap((cell) => of(cell, anchorOf(data, cell))),
    ...traced.flatMap((cell) => of(cell, 'boot')),
  ];
}

function hostWarnings({ record }: ReportData): readonly ShownWarning[] {
  return record.host.warnings.map((warning) => ({
    ...warning,
    where: markup`<a href="#host">host</a>`,
  }));
}

function item({ where, seen, do: action }: ShownWarning): Markup {
  return markup`<li><span class="where">${where}</span> <span class="seen"><span aria-hidden="true">⚠</span> ${seen}.</span> <span class="do"><b>Do:</b> ${action}.</span></li>`;
}
