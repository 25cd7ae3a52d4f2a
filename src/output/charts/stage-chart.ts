/** Stacked bars: where the time of each cell goes, from one mark or stage to the next. */
import type { ChartConfiguration } from 'chart.js';

import { marks, markNames } from '../../marks.js';
import type { RunRecord } from '../../results/record.js';
import { cloneStages, stageNames } from '../../stages.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { stagesOf } from '../stages.js';
import { colour, labelOf } from './canvas.js';

/** One part of every bar; `ms` has one figure a cell. */
interface Part {
  readonly label: string;
  readonly ms: readonly number[];
  readonly colour: string;
}

/** From mark to mark: the stages every tier has. */
export function stageChart(cells: readonly CellSummary[], record: RunRecord): ChartConfiguration {
  const stages = cells.map((cell) => stagesOf(cell, cells));
  const parts = markNames
    .filter((name) => stages.some((list) => list.some(({ mark }) => mark === name)))
    .map((name) => ({
      label: `to ${marks[name].title}`,
      ms: stages.map((list) => list.find(({ mark }) => mark === name)?.ms ?? 0),
      // A mark keeps its colour in every chart.
      colour: colour(markNames.indexOf(name)),
    }));
  const text = 'Median of each stage: from one mark to the next.';
  return stacked('Where the time goes, in ms', text, labels(cells, record), parts);
}

/** Inside a fork, as the base-point library stamped it. */
export function cloneChart(cells: readonly CellSummary[], record: RunRecord): ChartConfiguration {
  const median = (cell: CellSummary, column: string) =>
    Math.max(0, cell.metrics.find(({ metric }) => metric.column === column)?.p50 ?? 0);
  const parts = stageNames.map((name, index) => ({
    label: cloneStages[name].title,
    ms: cells.map((cell) => median(cell, cloneStages[name].column)),
    colour: colour(index),
  }));
  const text =
    'Median of each stage up to the first mark, stamped inside QEMU by the base-point library.';
  return stacked('What a fork does, in ms', text, labels(cells, record), parts);
}

export function hasCloneStages(cell: CellSummary): boolean {
  return metricOf(cell, 'fork_stage') !== undefined;
}

function labels(cells: readonly CellSummary[], record: RunRecord): string[][] {
  return cells.map((cell) => labelOf(cell, record));
}

export function stacked(
  title: string,
  text: string,
  rows: string[][],
  parts: readonly Part[],
  from = 'start',
): ChartConfiguration {
  return {
    type: 'bar',
    data: {
      labels: rows,
      datasets: parts.map((part) => ({
        label: part.label,
        data: [...part.ms],
        backgroundColor: part.colour,
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
        title: { display: true, text: title, font: { size: 18 } },
        subtitle: { display: true, text },
        legend: { position: 'bottom' },
      },
      scales: {
        x: { stacked: true, title: { display: true, text: `ms from ${from} (linear scale)` } },
        y: { stacked: true, grid: { display: false } },
      },
    },
  };
}
