/** Stage stacks: one bar a cell, its segments numbered so that they are told apart without colour. */
import { markup, type Markup } from './markup.js';
import { isLight } from './palette.js';
import { percent } from './scale.js';
import type { Segment } from './segments.js';
import { showMs } from '../numbers.js';

const height = 34;

/** A narrower segment has no room for its number on a phone. */
const leastForNumber = 0.05;

/** @param fullMs what the whole width stands for; bars of one chart share it */
export function stageBar(name: string, segments: readonly Segment[], fullMs: number): Markup {
  let before = 0;
  const shapes = segments.map((segment) => {
    const shape = segmentShape(segment, before / fullMs, segment.ms / fullMs);
    before += segment.ms;
    return shape;
  });
  const spoken = segments.map(({ label, ms }) => `${label} ${showMs(ms)} ms`).join(', ');
  return markup`<svg class="stages" role="img" aria-label="${name}: ${spoken}" width="100%" height="${height}">${shapes}</svg>`;
}

/** The bar's segments as rows of text. */
export function stageTable(caption: string, segments: readonly Segment[]): Markup {
  const total = totalMs(segments);
  const rows = segments.map(
    ({ number, label, holds, ms, colour }) =>
      markup`<tr><td><span class="key ${isLight(colour) ? 'dark-text' : 'light-text'}" style="--c:${colour}">${number}</span></td><th scope="row">${label}<small>${holds}</small></th><td class="number">${showMs(ms)}</td><td class="number">${total === 0 ? '–' : `${Math.round((ms / total) * 100)} %`}</td></tr>`,
  );
  return markup`<table class="stage-table"><caption>${caption}</caption><thead><tr><th scope="col"><span class="hidden">number</span></th><th scope="col">stage</th><th scope="col" class="number">median ms</th><th scope="col" class="number">part</th></tr></thead><tbody>${rows}</tbody></table>`;
}

export function totalMs(segments: readonly Segment[]): number {
  return segments.reduce((sum, { ms }) => sum + ms, 0);
}

function segmentShape(segment: Segment, from: number, width: number): Markup {
  const { number, label, ms, colour } = segment;
  const text = isLight(colour) ? 'dark-text' : 'light-text';
  const shown =
    width < leastForNumber
      ? undefined
      : markup`<text class="${text}" x="${percent(from + width / 2)}" y="${height / 2}" dy=".35em" text-anchor="middle">${number}</text>`;
  return markup`<g><title>${label}: ${showMs(ms)} ms</title><rect x="${percent(from)}" width="${percent(width)}" y="1" height="${height - 2}" fill="${colour}"/>${shown}</g>`;
}
