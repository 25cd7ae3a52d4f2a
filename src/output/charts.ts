/** The charts of a run as PNG: the ladder (every sample) and the stages of each tier. */
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import type { ChartConfiguration, Plugin } from 'chart.js';

import { markNames, marks } from '../marks.js';
import { accelLabel, type RunRecord } from '../results/record.js';
import { metricOf, type CellSummary, type Summary } from '../summarise.js';
import { talk, tiers } from '../tiers.js';
import { showMs } from './numbers.js';
import { stagesOf } from './stages.js';

const width = 1000;
const rowHeight = 64;
const font = 'DejaVu Sans';

/** Okabe and Ito's palette: told apart with every common colour vision. */
const palette = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442'];
const ink = '#222222';
const faint = '#8a8a8a';

/** What we use of a canvas context; its own type is the browser's, which is not here. */
interface Pen {
  font: string;
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  textAlign: string;
  save(): void;
  restore(): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  stroke(): void;
  setLineDash(pattern: readonly number[]): void;
  fillText(text: string, x: number, y: number): void;
}

export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly png: Buffer;
}

export function drawCharts(summary: Summary, record: RunRecord): readonly Chart[] {
  const cells = summary.cells.filter((cell) => metricOf(cell, 'ready') !== undefined);
  if (cells.length === 0) return [];
  return [
    {
      name: 'ladder.png',
      title: 'Time to ready: every sample, median and its 95 % interval',
      png: draw(ladderChart(cells, record), cells.length),
    },
    ...stageCharts(cells, record),
  ];
}

/** One for each guest: on one scale a Linux boot would hide all else. */
function stageCharts(cells: readonly CellSummary[], record: RunRecord): readonly Chart[] {
  const guests = [...new Set(cells.map(({ row }) => row['guest'] ?? ''))];
  return guests.map((guest) => {
    const own = cells.filter(({ row }) => row['guest'] === guest);
    return {
      name: `stages-${guest.replaceAll(/[^\w.-]+/g, '-')}.png`,
      title: `Where the time goes, ${guest}: median of each stage`,
      png: draw(stageChart(own, record), own.length),
    };
  });
}

function draw(configuration: ChartConfiguration, rows: number): Buffer {
  const height = 170 + rowHeight * rows;
  const canvas = new ChartJSNodeCanvas({
    width,
    height,
    backgroundColour: 'white',
    chartCallback: (chart) => {
      chart.defaults.font.family = font;
      chart.defaults.font.size = 13;
      chart.defaults.color = ink;
      chart.defaults.animation = false;
    },
  });
  return canvas.renderToBufferSync(configuration, 'image/png');
}

function labelOf(cell: CellSummary, record: RunRecord): string[] {
  const { row } = cell;
  const accel = accelLabel(row['accel'] ?? '', record.host.kvm);
  const rest = cell.id.split('/').slice(4);
  return [`${tiers[cell.tier].title}: ${row['guest'] ?? ''}`, [accel, ...rest].join(', ')];
}

/** Cells are rows, counted from the top; a sample is a dot, spread a little so that none is hidden. */
function ladderChart(cells: readonly CellSummary[], record: RunRecord): ChartConfiguration {
  const dots = cells.map((cell, row) => {
    const values = metricOf(cell, 'ready')?.values ?? [];
    return {
      label: cell.id,
      data: values.map((x, index) => ({ x, y: row + spread(index) })),
      pointRadius: 3.5,
      pointBackgroundColor: `${colour(row)}80`,
      pointBorderColor: colour(row),
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
          text: `Dot: one start. Black: median and its 95 % interval. Dashed: ${talk.event} talk, its authors' hardware.`,
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
    plugins: [talkLines, medianMarks(cells)],
  };
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
  const figures = Object.values(tiers).flatMap(({ talkMs }) => talkMs ?? []);
  return {
    min: Math.min(...values, ...figures) / 1.5,
    max: Math.max(...values, ...figures) * 1.5,
  };
}

function logTick(value: number): string {
  const leading = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((digit) => Math.abs(leading - digit) < 1e-6) ? String(value) : '';
}

const spreadSteps = [0, 1, -1, 2, -2, 3, -3];

function spread(index: number): number {
  return (spreadSteps[index % spreadSteps.length] ?? 0) * 0.06;
}

/** The talk's figures, dashed and named, so that they are never taken for ours. */
const talkLines: Plugin = {
  id: 'talk-lines',
  beforeDatasetsDraw(chart) {
    const { scales, chartArea } = chart;
    const { x } = scales;
    const ctx = chart.ctx as unknown as Pen;
    if (x === undefined) return;
    ctx.save();
    ctx.font = `12px ${font}`;
    ctx.fillStyle = faint;
    ctx.strokeStyle = faint;
    ctx.setLineDash([5, 4]);
    ctx.textAlign = 'center';
    for (const { title, talkMs } of Object.values(tiers)) {
      if (talkMs === undefined) continue;
      const at = x.getPixelForValue(talkMs);
      ctx.beginPath();
      ctx.moveTo(at, chartArea.top);
      ctx.lineTo(at, chartArea.bottom);
      ctx.stroke();
      ctx.fillText(`talk: ${title}`, at, chartArea.top - 18);
      ctx.fillText(`about ${talkMs} ms`, at, chartArea.top - 4);
    }
    ctx.restore();
  },
};

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

function stageChart(cells: readonly CellSummary[], record: RunRecord): ChartConfiguration {
  const stages = cells.map(stagesOf);
  const names = (['vmm_ready', 'kernel', 'init', 'resumed', 'ready', 'work'] as const).filter(
    (name) => stages.some((list) => list.some((stage) => stage.mark === name)),
  );
  return {
    type: 'bar',
    data: {
      labels: cells.map((cell) => labelOf(cell, record)),
      datasets: names.map((name) => ({
        label: `to ${marks[name].title}`,
        data: stages.map((list) => list.find((stage) => stage.mark === name)?.ms ?? 0),
        // A mark keeps its colour in every chart.
        backgroundColor: colour(markNames.indexOf(name)),
        borderColor: 'white',
        borderWidth: 1,
        barPercentage: 0.7,
      })),
    },
    options: {
      devicePixelRatio: 1,
      indexAxis: 'y',
      layout: { padding: { right: 30, top: 8 } },
      plugins: {
        title: { display: true, text: 'Where the time goes, in ms', font: { size: 18 } },
        subtitle: { display: true, text: 'Median of each stage: from one mark to the next.' },
        legend: { position: 'bottom' },
      },
      scales: {
        x: { stacked: true, title: { display: true, text: 'ms from start (linear scale)' } },
        y: { stacked: true, grid: { display: false } },
      },
    },
  };
}

function colour(index: number): string {
  return palette[index % palette.length] ?? ink;
}
