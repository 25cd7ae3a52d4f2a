/** The charts of a run as PNG. */
import type { RunRecord } from '../../results/record.js';
import { metricOf, type CellSummary, type Summary } from '../../summarise.js';
import { draw } from './canvas.js';
import { ladderChart } from './ladder-chart.js';
import { cloneChart, hasCloneStages, stageChart } from './stage-chart.js';

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
    ...cloneCharts(cells.filter(hasCloneStages), record),
  ];
}

function cloneCharts(clones: readonly CellSummary[], record: RunRecord): readonly Chart[] {
  if (clones.length === 0) return [];
  const png = draw(cloneChart(clones, record), clones.length);
  return [{ name: 'clones.png', title: 'What a fork does: median of each stage', png }];
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
