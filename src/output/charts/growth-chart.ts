/** Time to ready against memory or vCPUs: a line for each way to start, with the medians' intervals. */
import type { ChartConfiguration, Plugin } from 'chart.js';

import type { RunRecord } from '../../results/record.js';
import type { Summary } from '../../summarise.js';
import { tierNames } from '../../tiers.js';
import { growthDimensions, type GrowthDimension, type GrowthLine } from '../growth.js';
import { growthTables, labelsOf } from '../growth-tables.js';
import { colour, draw, ink, logTick, type Pen } from './canvas.js';
import type { Chart } from './charts.js';

const rows = 7;

/** One for each dimension and guest: on one scale a Linux boot would crush all else. */
export function growthCharts(summary: Summary, record: RunRecord): readonly Chart[] {
  return growthTables(summary, record).flatMap(({ dimension, title, lines }) => {
    const guests = [...new Set(lines.map(guestOf))];
    return guests.map((guest) => {
      const own = lines.filter((line) => guestOf(line) === guest);
      return {
        name: `growth-${dimension}-${guest.replaceAll(/[^\w.-]+/g, '-')}.png`,
        title: `${title}, ${guest}: median of ready and its 95 % interval`,
        png: draw(growthChart(title, dimension, own, record), rows),
      };
    });
  });
}

function guestOf({ points }: GrowthLine): string {
  return points[0]?.cell.row['guest'] ?? '';
}

export function growthChart(
  title: string,
  dimension: GrowthDimension,
  lines: readonly GrowthLine[],
  record: RunRecord,
): ChartConfiguration {
  const labels = labelsOf(lines, record);
  const sizes = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))];
  return {
    type: 'line',
    data: {
      datasets: lines.map((line, index) => ({
        label: labels[index] ?? '',
        data: line.points.flatMap(({ at, ready }) =>
          ready === undefined ? [] : [{ x: at, y: ready.p50 }],
        ),
        borderColor: tierColour(line),
        backgroundColor: tierColour(line),
        borderWidth: 2,
        ...variantOf(lines, index),
        pointRadius: 5,
      })),
    },
    options: {
      devicePixelRatio: 1,
      parsing: false,
      layout: { padding: { right: 30, top: 8 } },
      plugins: {
        title: { display: true, text: `${title}: time from start to ready`, font: { size: 18 } },
        subtitle: {
          display: true,
          text: 'Dot: median. Bar: its 95 % interval. Both axes are logarithmic.',
        },
        legend: {
          position: 'bottom',
          labels: { usePointStyle: true },
        },
      },
      scales: {
        x: {
          type: 'logarithmic',
          title: { display: true, text: axisTitles[dimension] },
          afterBuildTicks: (axis) => {
            axis.ticks = sizes.sort((a, b) => a - b).map((value) => ({ value }));
          },
          ticks: { autoSkip: false, callback: (value) => String(value) },
        },
        y: {
          type: 'logarithmic',
          title: { display: true, text: 'ms from start to ready (log scale; lower is faster)' },
          ticks: { callback: (value) => logTick(Number(value)) },
          ...logRange(lines),
        },
      },
    },
    plugins: [intervalBars(lines)],
  };
}

const axisTitles: Readonly<Record<GrowthDimension, string>> = {
  memory: `guest memory in ${growthDimensions.memory.unit} (log scale)`,
  vcpus: `${growthDimensions.vcpus.unit} (log scale)`,
};

/** Lines of one tier share its colour: another QEMU, another machine has other dots and dashes. */
const variants = [
  { pointStyle: 'circle', borderDash: [] },
  { pointStyle: 'rectRot', borderDash: [7, 4] },
  { pointStyle: 'triangle', borderDash: [2, 3] },
  { pointStyle: 'rect', borderDash: [10, 3, 2, 3] },
];

function variantOf(lines: readonly GrowthLine[], index: number) {
  const tier = tierOf(lines[index]);
  const place = lines.slice(0, index).filter((line) => tierOf(line) === tier).length;
  return variants[place % variants.length];
}

function tierOf(line: GrowthLine | undefined) {
  return line?.points[0]?.cell.tier ?? 'cold';
}

/** As in the other charts. */
function tierColour(line: GrowthLine): string {
  return colour(tierNames.indexOf(tierOf(line)));
}

function logRange(lines: readonly GrowthLine[]): { min: number; max: number } {
  const ends = lines.flatMap(({ points }) =>
    points.flatMap(({ ready }) =>
      ready === undefined ? [] : [ready.p50Low ?? ready.p50, ready.p50High ?? ready.p50],
    ),
  );
  return { min: Math.min(...ends) / 1.3, max: Math.max(...ends) * 1.3 };
}

function intervalBars(lines: readonly GrowthLine[]): Plugin {
  return {
    id: 'interval-bars',
    afterDatasetsDraw(chart) {
      const { x, y } = chart.scales;
      const ctx = chart.ctx as unknown as Pen;
      if (x === undefined || y === undefined) return;
      ctx.save();
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = ink;
      for (const line of lines) {
        ctx.strokeStyle = tierColour(line);
        for (const { at, ready } of line.points) {
          if (ready?.p50Low === undefined || ready.p50High === undefined) continue;
          const middle = x.getPixelForValue(at);
          const [low, high] = [y.getPixelForValue(ready.p50Low), y.getPixelForValue(ready.p50High)];
          ctx.beginPath();
          ctx.moveTo(middle, low);
          ctx.lineTo(middle, high);
          for (const end of [low, high]) {
            ctx.moveTo(middle - 5, end);
            ctx.lineTo(middle + 5, end);
          }
          ctx.stroke();
        }
      }
      ctx.restore();
    },
  };
}
