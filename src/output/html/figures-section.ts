/** The figures as tables: the ladder's, then every metric's, then what to mind. */
import { metrics, type Metric } from '../../metrics.js';
import { alone, metricOf, type CellSummary } from '../../summarise.js';
import { ladderTable } from '../ladder.js';
import { showMaybe, showRatio } from '../numbers.js';
import { showFigure, shownUnit } from './figures.js';
import { tierTitle } from './groups.js';
import { markup, type Markup, type Part } from './markup.js';
import { anchorOf, type ReportData } from './report-data.js';
import { table } from './tables.js';
import { warningList } from './warnings-list.js';

export function figuresSection(data: ReportData): Markup {
  return markup`<section id="figures" aria-labelledby="figures-title"><h2 id="figures-title">The figures</h2>
${mainTable(data)}
<p class="note">p50 is the median, in brackets its 95 % order-statistic interval. A dash: too few samples to say, or the tier has no such figure. The last column is the talk’s, on its authors’ hardware: it is not ours.</p>
<details><summary>Every figure of every metric</summary>${metrics.map((metric) => metricTable(metric, data))}</details>
${warningList(data)}</section>`;
}

/** Undefined where no VM starts by itself. */
function mainTable(data: ReportData): Markup | undefined {
  const { cells } = alone(data.summary);
  const [head = [], ...all] = ladderTable(data.summary, data.record);
  if (all.length === 0) return undefined;
  const rows = all.map((fields, index): readonly Part[] => {
    const [tier = '', ...rest] = fields;
    const cell = cells[index];
    return [cell === undefined ? tier : cellLink(cell, data, tier), ...rest];
  });
  return table({ caption: 'Times in ms, by cell', head, rows });
}

function cellLink(cell: CellSummary, data: ReportData, text: string): Markup {
  return markup`<a href="#${anchorOf(data, cell)}" title="${cell.id}">${text}</a>`;
}

const figureColumns = [
  ...['cell', 'n', 'min', 'p50', '95\u00a0% low', 'high', 'p90', 'p99', 'max'],
  ...['mean', 'sd', 'MAD', '× cold'],
];

/** Undefined for a metric that no cell has. */
function metricTable(metric: Metric, data: ReportData): Markup | undefined {
  const rows = data.summary.cells.flatMap((cell) => {
    const row = metricRow(metric, cell, data);
    return row === undefined ? [] : [row];
  });
  if (rows.length === 0) return undefined;
  return table({
    caption: `${metric.name.replaceAll('_', ' ')}, in ${shownUnit(metric.unit)}`,
    head: figureColumns,
    rows,
  });
}

function metricRow(
  metric: Metric,
  cell: CellSummary,
  data: ReportData,
): readonly Part[] | undefined {
  const own = metricOf(cell, metric.name);
  if (own === undefined) return undefined;
  const { min, p50, p50Low, p50High, p90, p99, max, mean, sd, mad } = own;
  const shown = [min, p50, p50Low, p50High, p90, p99, max, mean, sd, mad];
  const name = markup`${cellLink(cell, data, tierTitle(cell.tier))}<small>${cell.id}</small>`;
  return [
    name,
    String(own.values.length),
    ...shown.map((value) => showFigure(value, metric.unit)),
    showMaybe(own.ratioToCold, showRatio),
  ];
}
