/** Growth with memory and vCPUs: a table with verdicts, and a curve for each way to start. */
import type { RunRecord } from '../../results/record.js';
import type { Summary } from '../../summarise.js';
import { growthDimensions, type GrowthLine } from '../growth.js';
import { growthNote, growthTables, labelsOf, type GrowthTable } from '../growth-tables.js';
import { at, figure, scaleOf, top, type Curve } from './curves.js';
import { markup, type Markup } from './markup.js';
import type { Scale } from './scale.js';
import { table } from './tables.js';

/** Undefined where no cells of the run differ in memory or in vCPUs alone. */
export function growthSection(summary: Summary, record: RunRecord): Markup | undefined {
  const tables = growthTables(summary, record);
  if (tables.length === 0) return undefined;
  const shown = tables.map(({ title, rows: [head = [], ...rows] }) =>
    table({ caption: title, head, rows }),
  );
  const figures = tables.flatMap((each) => figuresOf(each, record));
  return markup`<section id="growth" aria-labelledby="growth-title"><h2 id="growth-title">Growth</h2>
${shown}<p class="note">${growthNote.replaceAll('*', '')}</p>
<div class="pair">${figures}</div></section>`;
}

/** One for each guest: on one scale a Linux boot would crush all else. */
function figuresOf({ dimension, title, lines }: GrowthTable, record: RunRecord): readonly Markup[] {
  const guestOf = ({ points }: GrowthLine) => points[0]?.cell.row['guest'] ?? '';
  return [...new Set(lines.map(guestOf))].flatMap((guest) => {
    const own = lines.filter((line) => guestOf(line) === guest);
    const sizes = [...new Set(own.flatMap(({ points }) => points.map((point) => point.at)))];
    const [x, y] = [scaleOf(sizes), scaleOf(own.flatMap(ends))];
    if (x === undefined || y === undefined) return [];
    const ticks = sizes.map((value) => ({ value, label: String(value), major: true }));
    const labels = labelsOf(own, record);
    const curves = own.map((line, index) => curveOf(line, labels[index] ?? '', x, y));
    const caption = `${title}, ${guest}: ms to ready, log scale; median and its 95 % interval`;
    const axis = `${growthDimensions[dimension].title} in ${growthDimensions[dimension].unit}, log scale`;
    return [figure(caption, curves, { ...x, ticks }, y, { axis })];
  });
}

function ends({ points }: GrowthLine): readonly number[] {
  return points.flatMap(({ ready }) =>
    ready === undefined ? [] : [ready.p50Low ?? ready.p50, ready.p50High ?? ready.p50],
  );
}

/** The line through the medians, then an upright one for each interval. */
function curveOf({ points }: GrowthLine, label: string, x: Scale, y: Scale): Curve {
  const place = (size: number, ms: number) => `${at(x, size)} ${top(y.at(ms))}`;
  const known = points.flatMap(({ at: size, ready }) =>
    ready === undefined ? [] : [{ size, ready }],
  );
  const line = known.map(({ size, ready }) => place(size, ready.p50)).join('L');
  const bars = known.flatMap(({ size, ready: { p50Low, p50High } }) =>
    p50Low === undefined || p50High === undefined
      ? []
      : [`M${place(size, p50Low)}L${place(size, p50High)}`],
  );
  return { label, path: line === '' ? '' : `M${line}${bars.join('')}` };
}
