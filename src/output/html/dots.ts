/** The dots of one start: one element a sample, named by its place among the page's samples. */
import { markup, type Markup } from './markup.js';
import type { ChartSample } from './report-data.js';
import { percent } from './scale.js';

/** @param x fraction of the drawing's width; @param y in px from its top */
export function dot({ index, measured }: ChartSample, x: number, y: number): Markup {
  const kind = measured ? 'dot' : 'dot warmup';
  return markup`<circle class="${kind}" data-s="${index}" cx="${percent(x)}" cy="${y.toFixed(1)}" r="3.2"/>`;
}

/** A failed start has no place in time: a cross, never a dot. */
export function cross({ index, measured }: ChartSample, x: number, y: number): Markup {
  const kind = measured ? 'cross' : 'cross warmup';
  return markup`<svg class="${kind}" data-s="${index}" x="${percent(x)}" y="${y}"><path d="M-4-4 4 4M-4 4 4-4"/></svg>`;
}

/**
 * Spreads dots of one row over its height, evenly however many there are: the van der Corput
 * sequence. The same sample falls on the same place in each report.
 *
 * @returns from 0 to 1, 1/2 for the first
 */
export function spread(index: number): number {
  let place = 0;
  let weight = 0.5;
  for (let rest = index + 1; rest > 0; rest = Math.floor(rest / 2)) {
    place += (rest % 2) * weight;
    weight /= 2;
  }
  return place;
}
