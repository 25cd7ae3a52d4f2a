/** Each cell by itself: how its starts are distributed, how they went in time, what they consist of. */
import { accelLabel } from '../../results/record.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { emulation } from '../emulation.js';
import { ecdfChart } from './ecdf-chart.js';
import { failureList } from './failures.js';
import { medianText, plural } from './figures.js';
import { tierTitle } from './groups.js';
import { markup, type Markup } from './markup.js';
import { anchorOf, samplesOf, type ReportData } from './report-data.js';
import { runOrderChart } from './run-order-chart.js';
import { markSegments, timedSegments, type Segment } from './segments.js';
import { stageBar, stageTable, totalMs } from './stage-chart.js';
import { warningsOfCell } from './warnings-list.js';

export function cellsSection(data: ReportData): Markup {
  const cells = data.summary.cells.map((cell) => cellArticle(cell, data));
  return markup`<section id="cells" aria-labelledby="cells-title"><h2 id="cells-title">Cell by cell</h2>${cells}</section>`;
}

function cellArticle(cell: CellSummary, data: ReportData): Markup {
  const anchor = anchorOf(data, cell);
  const samples = samplesOf(data, cell);
  const measured = samples.filter((sample) => sample.measured);
  return markup`<article id="${anchor}" class="cell" aria-labelledby="${anchor}-title"><h3 id="${anchor}-title">${tierTitle(cell.tier)}: ${cell.row['guest'] ?? ''} <small class="id">${cell.id}</small></h3>
<p>${summaryLine(cell, data)}</p>${warningsOfCell(cell.warnings)}
<div class="pair">${runOrderChart(cell, samples)}${ecdfChart(cell)}</div>
<div class="pair">${stack('Stages: from one mark to the next', 'by mark', markSegments(cell, data.summary.cells))}${stack('Stages timed inside the start', 'inside', timedSegments(measured))}</div>
${failureList(cell, samples, data.options.logs)}</article>`;
}

function summaryLine(cell: CellSummary, { record }: ReportData): Markup {
  const accel = cell.row['accel'] ?? '';
  const reason = emulation(accel, record.host.kvm);
  const chip = markup`<span class="chip${reason === undefined ? '' : ' emulated'}">${accelLabel(accel, record.host.kvm)}</span>`;
  const ready = metricOf(cell, 'ready');
  const work = metricOf(cell, 'work');
  const vmm = metricOf(cell, 'vmm_ready');
  const figures = [
    vmm === undefined ? undefined : markup`VMM ready ${medianText(vmm)}`,
    ready === undefined ? undefined : markup`<strong>ready ${medianText(ready)}</strong>`,
    work === undefined ? undefined : markup`work ${medianText(work)}`,
  ].filter((part) => part !== undefined);
  const joined = figures.flatMap((part, index) => (index === 0 ? [part] : [markup`, `, part]));
  const failed = cell.failed === 0 ? '' : `, ${cell.failed} failed`;
  return markup`${chip} ${joined} <span class="quiet">(${plural(cell.n, 'start')}${failed})</span>`;
}

function stack(caption: string, name: string, segments: readonly Segment[]): Markup | undefined {
  const full = totalMs(segments);
  if (full === 0) return undefined;
  return markup`<div class="stack">${stageBar(`Stages ${name}`, segments, full)}${stageTable(caption, segments)}</div>`;
}
