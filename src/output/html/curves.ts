/** A figure with a curve for each thing, as wide as its place. */
import { horizontalLabels, verticalAxis, verticalGrid } from './axes.js';
import { markup, type Markup } from './markup.js';
import { colour } from './palette.js';
import { logScale, type Scale } from './scale.js';

export interface Curve {
  readonly label: string;
  /** In thousandths of the drawing. */
  readonly path: string;
}

const height = 220;

export function figure(
  caption: string,
  curves: readonly Curve[],
  x: Scale,
  y: Scale,
  { axis }: { readonly axis: string },
): Markup {
  const paths = curves.map(
    ({ path }, index) =>
      markup`<path class="curve" style="--c:${colour(index)}" stroke="${colour(index)}" d="${path}" vector-effect="non-scaling-stroke"/>`,
  );
  const keys = curves.map(
    ({ label }, index) =>
      markup`<li><span class="swatch" style="--c:${colour(index)}" aria-hidden="true"></span>${label}</li>`,
  );
  return markup`<figure class="plot"><figcaption>${caption}</figcaption>
<div class="plot-area"><svg role="img" aria-label="${caption}" width="100%" height="${height}">${verticalGrid(x, height)}${verticalAxis(y, 0, height)}<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="${height}">${paths}</svg>${horizontalLabels(x, height + 17)}<text class="axis-name" x="50%" y="${height + 34}" text-anchor="middle">${axis}</text></svg></div><ul class="legend">${keys}</ul></figure>`;
}

/** Undefined where there is nothing to show. */
export function scaleOf(values: readonly number[]): Scale | undefined {
  let [min, max] = [Infinity, 0];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return max === 0 ? undefined : logScale(min / 1.1, max * 1.1);
}

export function at(scale: Scale, value: number): string {
  return (scale.at(value) * 1000).toFixed(1);
}

export function top(fraction: number): string {
  return ((1 - fraction) * 1000).toFixed(1);
}
