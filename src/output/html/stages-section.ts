/** Where the time goes: the stage stacks of one guest's cells on one linear axis. */
import type { CellSummary } from '../../summarise.js';
import { groupByGuest, tierTitle, type GuestGroup, type MachineGroup } from './groups.js';
import { markup, type Markup } from './markup.js';
import { isLight } from './palette.js';
import { anchorOf, type ReportData } from './report-data.js';
import { markSegments, type Segment } from './segments.js';
import { stageBar, totalMs } from './stage-chart.js';
import { showMs } from '../numbers.js';

/** Undefined where no cell has a stage. */
export function stagesSection(data: ReportData): Markup | undefined {
  const cells = data.summary.cells.filter((cell) => markSegments(cell).length > 0);
  if (cells.length === 0) return undefined;
  const groups = groupByGuest(cells, data.record).map((group) => guestStages(group, data));
  return markup`<section id="stages" aria-labelledby="stages-title"><h2 id="stages-title">Where the time goes</h2>
<p>The median of each stage, from one mark to the next. Bars of one guest share a linear axis. Medians need not add up to the median of the whole.</p>
${groups}</section>`;
}

function guestStages({ guest, machines }: GuestGroup, data: ReportData): Markup {
  const cells = machines.flatMap((machine) => machine.cells);
  const fullMs = Math.max(...cells.map((cell) => totalMs(markSegments(cell, cells)))) || 1;
  const rows = machines.flatMap((machine) =>
    machine.cells.map((cell) => stageRow(cell, markSegments(cell, cells), machine, fullMs, data)),
  );
  return markup`<figure class="ladder"><figcaption><h3>Guest ${guest}</h3></figcaption>${legend(cells)}${rows}</figure>`;
}

function stageRow(
  cell: CellSummary,
  segments: readonly Segment[],
  machine: MachineGroup,
  fullMs: number,
  data: ReportData,
): Markup {
  const title = tierTitle(cell.tier);
  return markup`<div class="rung"><div class="rung-name"><a href="#${anchorOf(data, cell)}">${title}</a><small>${machine.label}</small></div>${stageBar(title, segments, fullMs)}<div class="rung-figure"><strong>${showMs(totalMs(segments))} ms</strong> <small>${segments.at(-1)?.label ?? ''}</small></div></div>`;
}

function legend(cells: readonly CellSummary[]): Markup {
  const seen = new Map<number, Segment>();
  for (const segment of cells.flatMap((cell) => markSegments(cell, cells)))
    seen.set(segment.number, segment);
  const items = [...seen.values()]
    .sort((a, b) => a.number - b.number)
    .map(
      ({ number, label, colour }) =>
        markup`<li><span class="key ${isLight(colour) ? 'dark-text' : 'light-text'}" style="--c:${colour}">${number}</span> ${label}</li>`,
    );
  return markup`<ul class="legend">${items}</ul>`;
}
