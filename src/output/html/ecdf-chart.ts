/** How ready is distributed in one cell: for each time, the part of the starts that was ready by it. */
import { metricOf, type CellSummary } from '../../summarise.js';
import { axisName, horizontalLabels, verticalAxis, verticalGrid } from './axes.js';
import { ecdf } from './ecdf.js';
import { medianText } from './figures.js';
import { tierColour } from './groups.js';
import { markup, type Markup } from './markup.js';
import { linearScale, percent, scaleFor, type Scale } from './scale.js';
import { showMs } from '../numbers.js';

const height = 180;

/** Undefined where no start succeeded. */
export function ecdfChart(cell: CellSummary): Markup | undefined {
  const ready = metricOf(cell, 'ready');
  if (ready === undefined) return undefined;
  const scale = scaleFor(ready.values);
  const percents: Scale = { ...linearScale(0, 1), ticks: percentTicks };
  const p90 = ready.p90 === undefined ? '' : `, 90 % by ${showMs(ready.p90)} ms`;
  const label = `Distribution of time to ready: half of the starts by ${medianText(ready)}${p90}, from ${showMs(ready.min)} to ${showMs(ready.max)} ms`;
  return markup`<figure class="plot"><figcaption>Distribution (ECDF): part of the starts that was ready by a time. Band: 95 % interval of the median.</figcaption>
<div class="plot-area"><svg class="ecdf" role="img" aria-label="${label}" width="100%" height="${height}" style="--c:${tierColour(cell.tier)}">${verticalGrid(scale, height)}${verticalAxis(percents, 0, height)}${medianBand(ready, scale)}<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="${height}"><path class="curve" d="${curve(ready.values, scale)}" vector-effect="non-scaling-stroke"/></svg>${horizontalLabels(scale, height + 17)}<text class="axis-name" x="50%" y="${height + 34}" text-anchor="middle">${axisName('ready', scale)}</text></svg></div></figure>`;
}

const percentTicks = [0, 25, 50, 75, 100].map((value) => ({
  value: value / 100,
  label: `${value} %`,
  major: true,
}));

/** In thousandths of the drawing; a staircase that starts at 0 and ends at 1. */
function curve(values: readonly number[], scale: Scale): string {
  const steps = ecdf(values).map(({ value, fraction }) => {
    const x = (scale.at(value) * 1000).toFixed(1);
    return `H${x}V${((1 - fraction) * 1000).toFixed(1)}`;
  });
  return `M0 1000${steps.join('')}H1000`;
}

function medianBand(
  {
    p50,
    p50Low,
    p50High,
  }: { p50: number; p50Low: number | undefined; p50High: number | undefined },
  scale: Scale,
): Markup {
  const at = percent(scale.at(p50));
  const line = markup`<line class="p50" x1="${at}" x2="${at}" y1="0" y2="${height}"/>`;
  if (p50Low === undefined || p50High === undefined) return line;
  const width = percent(scale.at(p50High) - scale.at(p50Low));
  return markup`<rect class="band" x="${percent(scale.at(p50Low))}" width="${width}" y="0" height="${height}"/>${line}`;
}
