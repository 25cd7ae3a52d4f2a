/** What all charts share: canvas, colours, labels. */
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import type { ChartConfiguration } from 'chart.js';

import { accelLabel, type RunRecord } from '../../results/record.js';
import type { CellSummary } from '../../summarise.js';
import { tiers } from '../../tiers.js';

const width = 1000;
const usualRowHeight = 64;
export const font = 'DejaVu Sans';

/**
 * Okabe and Ito's palette, told apart with every common colour vision; then, for a fork's eleven
 * stages, a dark brown and a dark violet, whose lightness no other has.
 */
const palette = [
  ...['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442'],
  ...['#999999', '#000000', '#6B3A12', '#4B2E83'],
];
export const ink = '#222222';
export const faint = '#8a8a8a';

export function colour(index: number): string {
  return palette[index % palette.length] ?? ink;
}

/** What we use of a canvas context; its own type is the browser's, which is not here. */
export interface Pen {
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
  fillRect(x: number, y: number, width: number, height: number): void;
  setLineDash(pattern: readonly number[]): void;
  fillText(text: string, x: number, y: number): void;
}

/**
 * @param rows of bars or strips, which decide the height
 * @param more height for what is said above them
 */
export function draw(
  configuration: ChartConfiguration,
  rows: number,
  rowHeight = usualRowHeight,
  more = 0,
): Buffer {
  const height = 170 + rowHeight * rows + more;
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

/** Two lines: the tier and guest; how it is accelerated and what else tells it apart. */
export function labelOf(cell: CellSummary, record: RunRecord): string[] {
  const { row } = cell;
  const accel = accelLabel(row['accel'] ?? '', record.host.kvm);
  const rest = cell.id.split('/').slice(3);
  return [`${tiers[cell.tier].title}: ${row['guest'] ?? ''}`, [accel, ...rest].join(', ')];
}

/** What is written at a tick of a log axis: at 1, 2 and 5 times a power of ten. */
export function logTick(value: number): string {
  const leading = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((digit) => Math.abs(leading - digit) < 1e-6) ? String(value) : '';
}
