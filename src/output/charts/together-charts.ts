/** Charts of VMs that start or live beside others: ECDF for each burst, memory against their number. */
import type { ChartConfiguration } from 'chart.js';

import type { StoredRun } from '../../results/run-folder.js';
import type { Summary } from '../../summarise.js';
import { burstFamilies, type BurstFamily } from '../bursts.js';
import {
  densityCharts,
  densityFamilies,
  densityMeasures,
  type DensityChart,
} from '../densities.js';
import { colour, draw } from './canvas.js';
import type { Chart } from './charts.js';
import { rateChartFiles } from './rate-chart.js';

const rows = 6;

export function togetherCharts(run: StoredRun, summary: Summary): readonly Chart[] {
  const bursts = burstFamilies(summary, run.samples);
  const densities = densityFamilies(run.density ?? []);
  return [
    ...bursts.map((family) => ({
      name: `burst-${family.key.replaceAll(/[^\w.-]+/g, '-')}.png`,
      title: `Bursts, ${family.key}: part of the VMs that was ready by a time`,
      png: draw(burstChart(family), rows),
    })),
    ...densityCharts(densities, ['privateDirty', 'available']).map((chart) => ({
      name: `density-${chart.measure}-${chart.machine.replaceAll(/[^\w.-]+/g, '-')}.png`,
      title: `${densityMeasures[chart.measure].title} of each VM against how many are alive, ${chart.machine}`,
      png: draw(densityChart(chart), rows),
    })),
    ...rateChartFiles(run),
  ];
}

interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

function burstChart({ key, bursts }: BurstFamily): ChartConfiguration {
  const lines = bursts.map(({ concurrency, readyMs }) => {
    const sorted = [...readyMs].sort((a, b) => a - b);
    const points = sorted.map((x, index) => ({ x, y: ((index + 1) / sorted.length) * 100 }));
    return { label: `${concurrency} at once`, points };
  });
  return lineChart(lines, 'stepped', {
    title: `Bursts: ${key}`,
    text: 'Part of the VMs that was ready by a time. All VMs of a burst have the same start.',
    x: 'ms from the common start to ready (log scale; left is faster)',
    y: '% of the VMs',
  });
}

function densityChart({ machine, measure, lines }: DensityChart): ChartConfiguration {
  return lineChart(lines, 'plain', {
    title: `${densityMeasures[measure].title} of each VM: ${machine}`,
    text: `MiB for each VM: ${densityMeasures[measure].holds}.`,
    x: 'VMs alive at once (log scale)',
    y: 'MiB for each VM',
  });
}

function lineChart(
  lines: readonly Line[],
  kind: 'stepped' | 'plain',
  words: { readonly title: string; readonly text: string; readonly x: string; readonly y: string },
): ChartConfiguration {
  return {
    type: 'line',
    data: {
      datasets: lines.map(({ label, points }, index) => ({
        label,
        data: [...points],
        borderColor: colour(index),
        backgroundColor: colour(index),
        borderWidth: 2,
        stepped: kind === 'stepped',
        pointRadius: kind === 'stepped' ? 0 : 4,
      })),
    },
    options: {
      devicePixelRatio: 1,
      parsing: false,
      layout: { padding: { right: 30, top: 8 } },
      plugins: {
        title: { display: true, text: words.title, font: { size: 18 } },
        subtitle: { display: true, text: words.text },
        legend: { position: 'bottom' },
      },
      scales: {
        x: { type: 'logarithmic', title: { display: true, text: words.x } },
        y: { min: 0, title: { display: true, text: words.y } },
      },
    },
  };
}
