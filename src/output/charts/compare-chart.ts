/** A forest plot: by how much each metric of each cell shifted, with its interval, floors and verdict. */
import type { ChartConfiguration, Plugin } from 'chart.js';

import type { Comparison, Verdict } from '../../compare/comparison.js';
import { draw, faint, font, ink, type Pen } from './canvas.js';
import { forestRows, type ForestRow } from './forest-rows.js';
import { axisOf, type Axis } from './shift-axis.js';

/** Told by colour, by shape and by the word beside it: none of the three alone has to be seen. */
const looks: Readonly<Record<Verdict, { colour: string; shape: string; rotation: number }>> = {
  regressed: { colour: '#D55E00', shape: 'triangle', rotation: 90 },
  improved: { colour: '#0072B2', shape: 'triangle', rotation: -90 },
  'within noise': { colour: '#009E73', shape: 'circle', rotation: 0 },
  inconclusive: { colour: '#8a8a8a', shape: 'rectRot', rotation: 0 },
};
const verdicts = Object.keys(looks) as readonly Verdict[];

const rowHeight = 40;

/** The chart as PNG; undefined where no metric of any cell could be compared. */
export function compareChart(comparison: Comparison): Buffer | undefined {
  const rows = forestRows(comparison);
  if (rows.length === 0) return undefined;
  return draw(
    configuration(comparison, rows, axisOf(rows)),
    rows.length,
    rowHeight,
    14 * (2 + comparison.measuredWith.length),
  );
}

function configuration(
  { base, candidate, measuredWith }: Comparison,
  rows: readonly ForestRow[],
  axis: Axis,
): ChartConfiguration {
  return {
    type: 'scatter',
    data: { datasets: verdicts.map((verdict) => points(verdict, rows, axis)) },
    options: {
      devicePixelRatio: 1,
      layout: { padding: { right: 350, top: 8 } },
      plugins: {
        title: {
          display: true,
          text: [`Shift of ${shortened(candidate)}`, `against ${shortened(base)}`],
          font: { size: 16 },
        },
        subtitle: {
          display: true,
          padding: { bottom: 12 },
          text: [
            'Symbol: Hodges-Lehmann shift. Line: its 95 % interval.',
            'Grey band: between the floors. Right of 0 is slower.',
            ...measuredWith,
          ],
        },
        legend: { position: 'bottom', labels: { usePointStyle: true } },
      },
      scales: {
        x: {
          type: 'linear',
          title: { display: true, text: `shift in % of the base's median${axis.note}` },
          ...{ min: axis.place(axis.min), max: axis.place(axis.max) },
          afterBuildTicks: (scale) => {
            scale.ticks = axis.ticks.map((part) => ({ value: axis.place(part) }));
          },
          ticks: {
            autoSkip: false,
            callback: (_value, index) => percentTick(axis.ticks[index] ?? 0),
          },
        },
        y: {
          type: 'linear',
          reverse: true,
          ...{ min: -0.5, max: rows.length - 0.5 },
          afterBuildTicks: (scale) => {
            scale.ticks = rows.map((_, value) => ({ value }));
          },
          ticks: { autoSkip: false, callback: (value) => rows[Number(value)]?.label ?? '' },
          grid: { display: false },
        },
      },
    },
    plugins: [bands(rows, axis), intervals(rows, axis)],
  };
}

function points(verdict: Verdict, rows: readonly ForestRow[], axis: Axis) {
  const { colour, shape, rotation } = looks[verdict];
  return {
    label: verdict,
    data: rows.flatMap((row, y) =>
      row.verdict === verdict && row.shift !== undefined ? [{ x: axis.place(row.shift), y }] : [],
    ),
    pointStyle: shape as 'circle',
    ...{ pointRadius: 7, pointRotation: rotation, rotation },
    pointBackgroundColor: colour,
    pointBorderColor: colour,
    backgroundColor: colour,
  };
}

function percentTick(part: number): string {
  const percent = Number((100 * part).toPrecision(3));
  return percent > 0 ? `+${percent} %` : `${percent} %`;
}

/** Names may be paths: their ends tell them apart. */
function shortened(name: string): string {
  return name.length > 70 ? `...${name.slice(-67)}` : name;
}

/** Between the floors of each row, where a shift matters to nobody, and the line of no shift. */
function bands(rows: readonly ForestRow[], axis: Axis): Plugin {
  return {
    id: 'floor-bands',
    beforeDatasetsDraw(chart) {
      const { x, y } = chart.scales;
      if (x === undefined || y === undefined) return;
      const ctx = chart.ctx as unknown as Pen;
      const at = (part: number) => x.getPixelForValue(axis.place(axis.clamp(part)));
      ctx.save();
      rows.forEach(({ floor }, row) => {
        if (floor === undefined) return;
        const [top, bottom] = [y.getPixelForValue(row - 0.45), y.getPixelForValue(row + 0.45)];
        ctx.fillStyle = '#e9e9e9';
        ctx.fillRect(at(-floor), top, at(floor) - at(-floor), bottom - top);
        ctx.strokeStyle = faint;
        ctx.lineWidth = 1;
        for (const edge of [-floor, floor]) line(ctx, [at(edge), top], [at(edge), bottom]);
      });
      ctx.strokeStyle = ink;
      ctx.lineWidth = 1.5;
      line(ctx, [at(0), chart.chartArea.top], [at(0), chart.chartArea.bottom]);
      ctx.restore();
    },
  };
}

/** The intervals, with an arrow where one goes on beyond the axis, and the words beside them. */
function intervals(rows: readonly ForestRow[], axis: Axis): Plugin {
  return {
    id: 'intervals',
    beforeDatasetsDraw(chart) {
      const { x, y } = chart.scales;
      if (x === undefined || y === undefined) return;
      const ctx = chart.ctx as unknown as Pen;
      const at = (part: number) => x.getPixelForValue(axis.place(axis.clamp(part)));
      ctx.save();
      ctx.font = `13px ${font}`;
      ctx.textAlign = 'left';
      rows.forEach(({ interval, verdict, text }, row) => {
        const middle = y.getPixelForValue(row);
        ctx.strokeStyle = ctx.fillStyle = looks[verdict].colour;
        ctx.lineWidth = 2.5;
        if (interval !== undefined) {
          line(ctx, [at(interval.lower), middle], [at(interval.upper), middle]);
          end(ctx, at(interval.lower), middle, interval.lower < axis.min ? -1 : 0);
          end(ctx, at(interval.upper), middle, interval.upper > axis.max ? 1 : 0);
        }
        ctx.fillText(text, chart.chartArea.right + 12, middle);
      });
      ctx.restore();
    },
  };
}

/** A bar across, or the head of an arrow. */
function end(ctx: Pen, at: number, middle: number, beyond: -1 | 0 | 1): void {
  line(ctx, [at - 6 * beyond, middle - 6], [at, middle]);
  line(ctx, [at - 6 * beyond, middle + 6], [at, middle]);
}

function line(ctx: Pen, from: readonly [number, number], to: readonly [number, number]): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
