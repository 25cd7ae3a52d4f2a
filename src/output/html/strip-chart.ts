/** One rung of the ladder: every measured start of a cell as a dot, its median and interval. */
import { metricOf, type CellSummary } from '../../summarise.js';
import { dot, spread } from './dots.js';
import { tierColour, tierTitle } from './groups.js';
import { markup, type Markup } from './markup.js';
import { medianText, plural } from './figures.js';
import type { ChartSample } from './report-data.js';
import { verticalGrid } from './axes.js';
import { percent, type Scale } from './scale.js';
import { isBesideTalk, talkLines } from './talk.js';

export const stripHeight = 52;
const edge = 6;
const middle = stripHeight / 2;

export function stripChart(
  cell: CellSummary,
  samples: readonly ChartSample[],
  scale: Scale,
): Markup {
  const shown = samples.filter(({ measured, failed }) => measured && !failed);
  const dots = shown.flatMap((sample, place) =>
    sample.readyMs === undefined
      ? []
      : [dot(sample, scale.at(sample.readyMs), edge + spread(place) * (stripHeight - 2 * edge))],
  );
  return markup`<svg class="strip dots" role="group" aria-label="${label(cell)}" width="100%" height="${stripHeight}" style="--c:${tierColour(cell.tier)}">${verticalGrid(scale, stripHeight)}${isBesideTalk([cell]) ? talkLines(scale, stripHeight) : undefined}<g>${dots}</g>${medianMark(cell, scale)}</svg>`;
}

function label(cell: CellSummary): string {
  const ready = metricOf(cell, 'ready');
  const median = ready === undefined ? 'no start succeeded' : `median ${medianText(ready)}`;
  return `${tierTitle(cell.tier)}, ${cell.row['guest'] ?? ''}: time to ready of ${plural(cell.n, 'start')}, ${median}. Arrow keys move from start to start.`;
}

/** The bar of the interval, and across it the median; each on a halo, to stand out from the dots. */
function medianMark(cell: CellSummary, scale: Scale): Markup | undefined {
  const ready = metricOf(cell, 'ready');
  if (ready === undefined) return undefined;
  const { p50, p50Low, p50High } = ready;
  const at = percent(scale.at(p50));
  const shapes =
    p50Low === undefined || p50High === undefined
      ? markup`<line x1="${at}" x2="${at}" y1="${edge}" y2="${stripHeight - edge}"/>`
      : markup`<line x1="${at}" x2="${at}" y1="${edge}" y2="${stripHeight - edge}"/><line x1="${percent(scale.at(p50Low))}" x2="${percent(scale.at(p50High))}" y1="${middle}" y2="${middle}"/>`;
  return markup`<g class="median" aria-hidden="true"><g class="halo">${shapes}</g><g>${shapes}</g></g>`;
}
