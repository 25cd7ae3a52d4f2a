/**
 * Axes and grid lines. Places along x are in percent and text is sized by the style sheet, so that
 * one drawing is right at any width: a phone shows the same text size as a screen, only less room.
 */
import { markup, type Markup } from './markup.js';
import { percent, type Scale } from './scale.js';

/** Vertical lines at the ticks of a horizontal axis. */
export function verticalGrid({ ticks, at }: Scale, height: number): readonly Markup[] {
  return ticks.map(({ value }) => {
    const x = percent(at(value));
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`;
  });
}

/** Labels below a horizontal axis at `y`; the minor ones give way where there is little room. */
export function horizontalLabels({ ticks, at }: Scale, y: number): readonly Markup[] {
  return ticks.map(
    ({ value, label, major }) =>
      markup`<text class="tick${major ? '' : ' minor'}" x="${percent(at(value))}" y="${y}" text-anchor="middle">${label}</text>`,
  );
}

/** Horizontal lines with their labels to the left of the drawing, which must let it overflow. */
export function verticalAxis({ ticks, at }: Scale, top: number, bottom: number): readonly Markup[] {
  return ticks.map(({ value, label }) => {
    const y = (bottom - at(value) * (bottom - top)).toFixed(1);
    return markup`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/><text class="tick" x="-8" y="${y}" dy=".35em" text-anchor="end">${label}</text>`;
  });
}

/** A caption of an axis, in its unit and kind. */
export function axisName(what: string, { kind }: Scale): string {
  return `${what} in ms, ${kind === 'log' ? 'log' : 'linear'} scale`;
}
