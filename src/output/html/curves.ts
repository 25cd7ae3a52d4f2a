/** Lines on a pair of axes: what the figures of VMs that meet others share. */
import { horizontalLabels, verticalAxis, verticalGrid } from './axes.js';
import { markup, type Markup } from './markup.js';
import { colour } from './palette.js';
import { logScale, percent, type Scale } from './scale.js';

export interface Curve {
  readonly label: string;
  /** A limit rather than something measured. */
  readonly dashed?: boolean;
  /** In thousandths of the drawing. */
  readonly path: string;
  /** What was measured, where a curve alone would hide it. */
  readonly dots?: readonly Dot[];
}

/** A place as fractions of the drawing, from its lower left. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly hollow: boolean;
}

const height = 220;

/** Curves on one pair of axes, with a legend. */
export function figure(
  caption: string,
  curves: readonly Curve[],
  x: Scale,
  y: Scale,
  { axis }: { readonly axis: string },
): Markup {
  const paths = curves.map(
    ({ path, dashed = false }, index) =>
      markup`<path class="curve" style="--c:${colour(index)}" stroke="${colour(index)}" d="${path}" vector-effect="non-scaling-stroke"${dashed ? markup` stroke-dasharray="6 4" stroke-width="1"` : ''}/>`,
  );
  const dots = curves.flatMap(({ dots: own = [] }, index) => own.map((one) => dot(one, index)));
  const keys = curves.map(
    ({ label }, index) =>
      markup`<li><span class="swatch" style="--c:${colour(index)}" aria-hidden="true"></span>${label}</li>`,
  );
  return markup`<figure class="plot"><figcaption>${caption}</figcaption>
<div class="plot-area"><svg role="img" aria-label="${caption}" width="100%" height="${height}">${verticalGrid(x, height)}${verticalAxis(y, 0, height)}<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="${height}">${paths}</svg>${dots}${horizontalLabels(x, height + 17)}<text class="axis-name" x="50%" y="${height + 34}" text-anchor="middle">${axis}</text></svg></div><ul class="legend">${keys}</ul></figure>`;
}

function dot({ x, y, hollow }: Dot, index: number): Markup {
  const fill = hollow ? markup` fill-opacity="0"` : '';
  return markup`<circle cx="${percent(x)}" cy="${((1 - y) * height).toFixed(1)}" r="4" fill="${colour(index)}"${fill} stroke="${colour(index)}" stroke-width="2"/>`;
}

/** The scale for these values; undefined where there is nothing to show. */
export function scaleOf(values: readonly number[]): Scale | undefined {
  let [min, max] = [Infinity, 0];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return max === 0 ? undefined : logScale(min / 1.1, max * 1.1);
}

/** A value's place in thousandths of the drawing. */
export function at(scale: Scale, value: number): string {
  return (scale.at(value) * 1000).toFixed(1);
}

/** A fraction's place from above, in thousandths of the drawing. */
export function top(fraction: number): string {
  return ((1 - fraction) * 1000).toFixed(1);
}
