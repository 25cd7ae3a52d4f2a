/** How precise the observer is; where nobody measured it, that is said. */
import { showFigure } from './figures.js';
import { markup, type Markup } from './markup.js';
import type { Calibration } from './report-data.js';
import { table } from './tables.js';

export function calibrationPart(calibration: Calibration | undefined): Markup {
  return markup`<h3 id="calibration">Calibration</h3>${calibration === undefined ? absent() : shown(calibration)}`;
}

function absent(): Markup {
  return markup`<p><strong>Not calibrated.</strong> The observer’s own error (the clock, the way from a guest’s mark to the harness, spawning) was not measured with this run. Take differences of a few tenths of a millisecond for noise.</p>`;
}

function shown({ takenAt, entries }: Calibration): Markup {
  const rows = entries.map(({ label, n, p50Ms, p90Ms, maxMs }) => [
    label,
    String(n),
    ...[p50Ms, p90Ms, maxMs].map((value) => fine(value)),
  ]);
  return markup`<p>Measured ${takenAt}; shown, never subtracted from a figure.</p>${table({ caption: 'The observer’s own times, in ms', head: ['what', 'n', 'p50', 'p90', 'max'], rows })}`;
}

/** Most of these are below a tenth of a millisecond. */
function fine(ms: number | undefined): string {
  return ms === undefined || ms >= 1 ? showFigure(ms, 'ms') : ms.toFixed(4);
}
