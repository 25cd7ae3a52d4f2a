/** p95 of ready against the rate asked for, a line for each tier, on log axes. */
import type { ChartConfiguration, ChartDataset } from 'chart.js';

import type { StoredRun } from '../../results/run-folder.js';
import { rangeOf, ratesOf, rateCharts, type RateChart, type RateLine } from '../rate-lines.js';
import { colour, draw, faint } from './canvas.js';
import type { Chart } from './charts.js';

const rows = 6;

/** One for each machine; none for a run without rates. */
export function rateChartFiles(run: StoredRun): readonly Chart[] {
  return rateCharts(run).flatMap((chart) =>
    chart.lines.every(({ points }) => points.length === 0)
      ? []
      : [
          {
            name: `rate-${chart.machine.replaceAll(/[^\w.-]+/g, '-')}.png`,
            title: `${chart.title}: p95 of ready against VMs asked for in a second`,
            png: draw(configurationOf(chart), rows),
          },
        ],
  );
}

function configurationOf(chart: RateChart): ChartConfiguration {
  const points = chart.lines.flatMap((line) => line.points);
  const x = rangeOf(points.map((point) => point.x));
  const y = rangeOf([...points.map((point) => point.y), ...chart.limitsMs]);
  return {
    type: 'line',
    data: {
      datasets: [
        ...chart.lines.map(tierLine),
        ...chart.limitsMs.map((limitMs) => limitLine(limitMs, x)),
      ],
    },
    options: {
      devicePixelRatio: 1,
      parsing: false,
      layout: { padding: { right: 30, top: 8 } },
      plugins: {
        title: { display: true, text: chart.title, font: { size: 18 } },
        subtitle: { display: true, text: chart.text },
        legend: { position: 'bottom', labels: { usePointStyle: true, pointStyle: 'line' } },
      },
      scales: {
        x: {
          type: 'logarithmic',
          ...x,
          ...atRates(chart),
          title: { display: true, text: chart.x },
        },
        y: { type: 'logarithmic', ...y, title: { display: true, text: chart.y }, ticks },
      },
    },
  };
}

/** Ticks where something was measured. */
function atRates({ lines }: RateChart) {
  const rates = ratesOf(lines);
  return {
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = rates.map((value) => ({ value }));
    },
    ticks: { callback: String },
  };
}

/** At 1, 2 and 5 times each power of ten: more would run into each other. */
const ticks = {
  autoSkip: false,
  callback: (value: string | number) => {
    const number = Number(value);
    const leading = number / 10 ** Math.floor(Math.log10(number) + 1e-9);
    return [1, 2, 5].some((digit) => Math.abs(leading - digit) < 1e-6) ? String(number) : '';
  },
};

function tierLine({ label, points }: RateLine, index: number): ChartDataset<'line'> {
  return {
    label,
    data: points.map(({ x, y }) => ({ x, y })),
    borderColor: colour(index),
    backgroundColor: colour(index),
    borderWidth: 2,
    pointStyle: points.map(({ stable }) => (stable ? 'circle' : 'crossRot')),
    pointRadius: points.map(({ stable }) => (stable ? 4 : 7)),
    pointBorderWidth: 2,
  };
}

function limitLine(limitMs: number, x: { min: number; max: number }): ChartDataset<'line'> {
  return {
    label: `${limitMs} ms`,
    data: [
      { x: x.min, y: limitMs },
      { x: x.max, y: limitMs },
    ],
    borderColor: faint,
    backgroundColor: faint,
    borderWidth: 1,
    borderDash: [6, 4],
    pointRadius: 0,
  };
}
