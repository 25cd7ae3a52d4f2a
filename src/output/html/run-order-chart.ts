/** Every start of a cell in the order it ran, so that drift and failures are seen at once. */
import { median } from '../../statistics/describe.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { axisName, horizontalLabels, verticalAxis } from './axes.js';
import { cross, dot } from './dots.js';
import { plural } from './figures.js';
import { tierColour, tierTitle } from './groups.js';
import { markup, type Markup } from './markup.js';
import type { ChartSample } from './report-data.js';
import { linearScale, percent, scaleFor, type Scale } from './scale.js';

const height = 200;
const rail = 8;
const top = 22;

/** Undefined where nothing was started. */
export function runOrderChart(
  cell: CellSummary,
  samples: readonly ChartSample[],
): Markup | undefined {
  if (samples.length === 0) return undefined;
  const y = scaleFor(samples.flatMap(({ readyMs, failed }) => (failed ? [] : (readyMs ?? []))));
  const x = orderScale(samples);
  const shapes = samples.map((sample) => shape(sample, x, y));
  return markup`<figure class="plot"><figcaption>In run order. Hollow: warm-ups, not in the figures. ✖ on the rail: failed starts. Bars: medians of the first, middle and last third.</figcaption>
<div class="plot-area"><svg class="order dots" role="group" aria-label="${label(cell, samples)}" width="100%" height="${height}" style="--c:${tierColour(cell.tier)}"><line class="rail" x1="0" x2="100%" y1="${rail}" y2="${rail}"/><text class="tick" x="-8" y="${rail}" dy=".35em" text-anchor="end">failed</text>${verticalAxis(y, top, height)}<g>${shapes}</g>${thirds(samples, x, y)}${horizontalLabels(x, height + 17)}<text class="axis-name" x="50%" y="${height + 34}" text-anchor="middle">place in the whole run; ${axisName('ready', y)}</text></svg></div></figure>`;
}

function label(cell: CellSummary, samples: readonly ChartSample[]): string {
  const warmups = samples.filter(({ measured }) => !measured).length;
  const ready = metricOf(cell, 'ready');
  const range = ready === undefined ? '' : `, measured ones from ${ready.min} to ${ready.max} ms`;
  return `${tierTitle(cell.tier)} in run order: ${plural(samples.length, 'start')}, ${plural(warmups, 'warm-up')}, ${cell.failed} failed${range}. Arrow keys move from start to start.`;
}

function orderScale(samples: readonly ChartSample[]): Scale {
  let [min, max] = [Infinity, -Infinity];
  for (const { order } of samples) {
    if (order < min) min = order;
    if (order > max) max = order;
  }
  const room = Math.max(1, (max - min) * 0.015);
  const scale = linearScale(min - room, max + room, 6);
  return {
    ...scale,
    ticks: scale.ticks.filter(({ value }) => Number.isInteger(value) && value > 0),
  };
}

function shape(sample: ChartSample, x: Scale, y: Scale): Markup | undefined {
  const at = x.at(sample.order);
  if (sample.failed || sample.readyMs === undefined) return cross(sample, at, rail);
  return dot(sample, at, height - y.at(sample.readyMs) * (height - top));
}

/** Thirds of the measured starts that succeeded, as the drift check takes them. */
function thirds(samples: readonly ChartSample[], x: Scale, y: Scale): readonly Markup[] {
  const shown = samples
    .filter(({ measured, failed, readyMs }) => measured && !failed && readyMs !== undefined)
    .sort((a, b) => a.order - b.order);
  const third = Math.floor(shown.length / 3);
  if (third < 2) return [];
  const parts = [shown.slice(0, third), shown.slice(third, -third), shown.slice(-third)];
  return parts.flatMap((part) => {
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) return [];
    const at = (
      height -
      y.at(median(part.map(({ readyMs = 0 }) => readyMs))) * (height - top)
    ).toFixed(1);
    const [from, to] = [percent(x.at(first.order)), percent(x.at(last.order))];
    const line = markup`<line x1="${from}" x2="${to}" y1="${at}" y2="${at}"/>`;
    return [markup`<g class="median" aria-hidden="true"><g class="halo">${line}</g>${line}</g>`];
  });
}
