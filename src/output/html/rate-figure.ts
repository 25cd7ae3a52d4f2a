/** p95 of ready against the rate asked for, a line for each tier. */
import { rangeOf, ratesOf, type RateChart, type RateLine } from '../rate-lines.js';
import { at, figure, top, type Curve } from './curves.js';
import type { Markup } from './markup.js';
import { logScale, type Scale } from './scale.js';

/** Undefined where no step gave a p95. */
export function rateFigure({ machine, lines, limitsMs }: RateChart): Markup | undefined {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return undefined;
  const across = rangeOf(points.map((point) => point.x));
  const up = rangeOf([...points.map((point) => point.y), ...limitsMs]);
  const ticks = ratesOf(lines).map((value) => ({ value, label: String(value), major: true }));
  const x = { ...logScale(across.min, across.max), ticks };
  const y = logScale(up.min, up.max);
  const limits = limitsMs.map((limitMs) => ({
    ...{ label: `limit of ${limitMs} ms`, dashed: true },
    path: `M0 ${top(y.at(limitMs))}H1000`,
  }));
  const curves = [...lines.map((line) => rateCurve(line, x, y)), ...limits];
  const caption = `Rates, ${machine}: p95 of ready in ms, log scale, median over rounds. Hollow: the queue grew, or the step ended early`;
  return figure(caption, curves, x, y, { axis: 'VMs asked for in a second, log scale' });
}

function rateCurve({ label, points }: RateLine, x: Scale, y: Scale): Curve {
  const places = points.map((point) => `${at(x, point.x)} ${top(y.at(point.y))}`);
  return {
    label,
    path: places.length === 0 ? '' : `M${places.join('L')}`,
    dots: points.map((point) => ({
      ...{ x: x.at(point.x), y: y.at(point.y), hollow: !point.stable },
    })),
  };
}
