/** Every start as a dot, with the median and its interval, on a log axis. */
import type { ChartConfiguration, Plugin } from 'chart.js';

import type { RunRecord } from '../../results/record.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { startsAsTheTalkDid, talk, talkFigures, tierNames } from '../../tiers.js';
import { showMs } from '../numbers.js';
import { colour, faint, font, ink, labelOf, logTick, type Pen } from './canvas.js';

/** Cells are rows, counted from the top; a sample is a dot, spread a little so that none is hidden. */
export function ladderChart(cells: readonly CellSummary[], record: RunRecord): ChartConfiguration {
  const dots = cells.map((cell, row) => {
    const values = metricOf(cell, 'ready')?.values ?? [];
    return {
      label: cell.id,
      data: values.map((x, index) => ({ x, y: row + spread(index) })),
      pointRadius: 3.5,
      pointBackgroundColor: `${tierColour(cell)}80`,
      pointBorderColor: tierColour(cell),
      pointBorderWidth: 1,
    };
  });
  return {
    type: 'scatter',
    data: { datasets: dots },
    options: {
      devicePixelRatio: 1,
      layout: { padding: { right: 30, top: 8 } },
      plugins: {
        legend: { display: false },
        title: { display: true, text: 'Time from start to ready, in ms', font: { size: 18 } },
        subtitle: {
          display: true,
          padding: { bottom: 34 },
          text: subtitle(cells),
        },
      },
      scales: {
        x: {
          type: 'logarithmic',
          title: { display: true, text: 'ms from start to ready (log scale; left is faster)' },
          ...logRange(cells),
          ticks: { callback: (value) => logTick(Number(value)) },
        },
        y: rowScale(cells.map((cell) => labelOf(cell, record))),
      },
    },
    plugins: [talkLines(cells), medianMarks(cells)],
  };
}

function subtitle(cells: readonly CellSummary[]): string {
  const dots = 'Dot: one start. Black: median, 95 % interval.';
  if (!cells.some(isBesideTalk)) return dots;
  const figures = talkFigures.map(({ ms }) => String(ms));
  const list = `${figures.slice(1).reverse().join(', ')} and ${figures[0] ?? ''} ms`;
  return `${dots} Dashed: the ${talk.event} talk's ${list}, on its authors' hardware.`;
}

function isBesideTalk({ tier, row }: CellSummary): boolean {
  return startsAsTheTalkDid(tier, row['guest'] ?? '');
}

/** A tier keeps its colour in every row. */
function tierColour({ tier }: CellSummary): string {
  return colour(tierNames.indexOf(tier));
}

function rowScale(labels: readonly string[][]) {
  return {
    type: 'linear' as const,
    reverse: true,
    min: -0.5,
    max: labels.length - 0.5,
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = labels.map((_, value) => ({ value }));
    },
    ticks: { autoSkip: false, callback: (value: string | number) => labels[Number(value)] ?? '' },
    grid: { display: false },
  };
}

function logRange(cells: readonly CellSummary[]): { min: number; max: number } {
  const values = cells.flatMap((cell) => metricOf(cell, 'ready')?.values ?? []);
  const figures = cells.some(isBesideTalk) ? talkFigures.map(({ ms }) => ms) : [];
  if (values.length + figures.length === 0) return { min: 1, max: 1000 };
  return {
    min: Math.min(...values, ...figures) / 1.5,
    max: Math.max(...values, ...figures) * 1.5,
  };
}

const spreadSteps = [0, 1, -1, 2, -2, 3, -3];

function spread(index: number): number {
  return (spreadSteps[index % spreadSteps.length] ?? 0) * 0.06;
}

/** The talk's figures, dashed and named, so that they are never taken for ours; along cells of their kind. */
function talkLines(cells: readonly CellSummary[]): Plugin {
  return {
    id: 'talk-lines',
    beforeDatasetsDraw(chart) {
      const { scales, chartArea } = chart;
      const { x, y } = scales;
      const ctx = chart.ctx as unknown as Pen;
      const rows = cells.flatMap((cell, row) => (isBesideTalk(cell) ? [row] : []));
      if (x === undefined || y === undefined || rows.length === 0) return;
      ctx.save();
      ctx.font = `12px ${font}`;
      ctx.fillStyle = faint;
      ctx.strokeStyle = faint;
      ctx.setLineDash([5, 4]);
      ctx.textAlign = 'center';
      for (const { ms } of talkFigures) {
        const at = x.getPixelForValue(ms);
        ctx.beginPath();
        for (const row of rows) {
          ctx.moveTo(at, y.getPixelForValue(row - 0.5));
          ctx.lineTo(at, y.getPixelForValue(row + 0.5));
        }
        ctx.stroke();
        ctx.fillText('talk', at, chartArea.top - 18);
        ctx.fillText(`${ms} ms`, at, chartArea.top - 4);
      }
      ctx.restore();
    },
  };
}

function medianMarks(cells: readonly CellSummary[]): Plugin {
  return {
    id: 'median-marks',
    afterDatasetsDraw(chart) {
      const { x, y } = chart.scales;
      const ctx = chart.ctx as unknown as Pen;
      if (x === undefined || y === undefined) return;
      ctx.save();
      ctx.strokeStyle = ink;
      ctx.fillStyle = ink;
      ctx.lineWidth = 2;
      ctx.font = `bold 13px ${font}`;
      cells.forEach((cell, row) => {
        const ready = metricOf(cell, 'ready');
        if (ready === undefined) return;
        const middle = y.getPixelForValue(row);
        const at = x.getPixelForValue(ready.p50);
        ctx.beginPath();
        ctx.moveTo(at, middle - 18);
        ctx.lineTo(at, middle + 18);
        if (ready.p50Low !== undefined && ready.p50High !== undefined) {
          ctx.moveTo(x.getPixelForValue(ready.p50Low), middle);
          ctx.lineTo(x.getPixelForValue(ready.p50High), middle);
        }
        ctx.stroke();
        ctx.textAlign = 'center';
        ctx.fillText(`${showMs(ready.p50)} ms`, at, middle + 31);
      });
      ctx.restore();
    },
  };
}
