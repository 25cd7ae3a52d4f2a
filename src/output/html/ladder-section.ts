/** The ladder: each cell a rung, all of them on one logarithmic axis, grouped by guest. */
import { accelLabel } from '../../results/record.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { endSentences } from '../ends.js';
import { horizontalLabels } from './axes.js';
import { intervalText, plural } from './figures.js';
import { groupByGuest, machineLabel, tierColour, tierTitle, type GuestGroup } from './groups.js';
import { markup, type Markup } from './markup.js';
import { anchorOf, samplesOf, type ReportData } from './report-data.js';
import { logScale, type Scale } from './scale.js';
import { stripChart } from './strip-chart.js';
import { isBesideTalk, talkLabels, talkSource } from './talk.js';
import { talkFigures } from '../../tiers.js';
import { showMs } from '../numbers.js';

export function ladderSection(data: ReportData): Markup {
  const scale = ladderScale(data.summary.cells);
  const groups = groupByGuest(data.summary.cells, data.record).map((group) =>
    guestLadder(group, data, scale),
  );
  const dashed = isBesideTalk(data.summary.cells)
    ? markup` Dashed: the talk’s figures, <em>its authors’ hardware, not this host</em> (${talkSource}).`
    : undefined;
  return markup`<section id="ladder" aria-labelledby="ladder-title"><h2 id="ladder-title">The ladder: from start to ready</h2>
<p>Each dot is one start; left is faster. The bar is the median, the line across it its 95 % interval. All rungs share one logarithmic axis, in ms.${dashed}</p>
<p class="interactive">Point at a dot, tap it, or move to it with Tab and the arrow keys to see that start’s marks.</p>
${groups}${endNotes(data)}</section>`;
}

function endNotes({ record }: ReportData): readonly Markup[] {
  return endSentences(record).map((text) => markup`<p class="note">${text}</p>`);
}

/** Holds every measured start and the talk's figures, so that both can be seen together. */
export function ladderScale(cells: readonly CellSummary[]): Scale {
  let [min, max] = [Infinity, 0];
  const figures = isBesideTalk(cells) ? talkFigures.map(({ ms }) => ms) : [];
  for (const value of [...cells.flatMap(readyValues), ...figures]) {
    if (value > 0 && value < min) min = value;
    if (value > max) max = value;
  }
  if (max === 0) return logScale(1, 1000);
  return logScale(min / 1.5, max * 1.5);
}

function readyValues(cell: CellSummary): readonly number[] {
  return metricOf(cell, 'ready')?.values ?? [];
}

function guestLadder({ guest, machines }: GuestGroup, data: ReportData, scale: Scale): Markup {
  const all = machines.flatMap(({ cells }) => cells);
  const talk = isBesideTalk(all) ? talkLabels(scale) : markup`<div></div>`;
  const rungs = machines.flatMap(({ cells }) => cells.map((cell) => rung(cell, data, scale)));
  return markup`<figure class="ladder"><figcaption><h3>Guest ${guest}</h3></figcaption>
<div class="rung labels"><div></div>${talk}<div></div></div>
${rungs}
<div class="rung axis"><div></div><svg class="strip" aria-hidden="true" width="100%" height="34">${horizontalLabels(scale, 14)}<text class="axis-name" x="50%" y="31" text-anchor="middle">ms from start to ready (log scale)</text></svg><div></div></div></figure>`;
}

function rung(cell: CellSummary, data: ReportData, scale: Scale): Markup {
  const { record } = data;
  const accel = accelLabel(cell.row['accel'] ?? '', record.host.kvm);
  const rest = machineLabel(cell, record).slice(accel.length + 2);
  const plain = accel === 'KVM' || cell.row['accel'] === 'none' ? '' : ' emulated';
  return markup`<div class="rung"><div class="rung-name"><a href="#${anchorOf(data, cell)}"><span class="swatch" style="--c:${tierColour(cell.tier)}" aria-hidden="true"></span>${tierTitle(cell.tier)}</a> <span class="chip${plain}">${accel}</span><small>${rest}</small></div>${stripChart(cell, samplesOf(data, cell), scale)}<div class="rung-figure">${rungFigure(cell)}</div></div>`;
}

function rungFigure(cell: CellSummary): Markup {
  const ready = metricOf(cell, 'ready');
  const failed =
    cell.failed === 0 ? undefined : markup` <span class="bad-text">✖ ${cell.failed} failed</span>`;
  const median =
    ready === undefined
      ? markup`<strong>–</strong>`
      : markup`<strong>${showMs(ready.p50)} ms</strong><span class="interval">${intervalText(ready)}</span>`;
  return markup`${median} <small>${plural(cell.n, 'start')}${failed}</small>`;
}
