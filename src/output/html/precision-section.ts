/** How precise the observer is; where nobody could measure it, that is said, and why. */
import type { Calibration } from '../../calibrate/entry.js';
import { calibrationTable, unmeasuredLines } from '../../calibrate/show.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';
import { table } from './tables.js';

export function precisionSection({ options: { calibration } }: ReportData): Markup {
  return markup`<section id="precision" aria-labelledby="precision-title"><h2 id="precision-title">How precise the observer is</h2>
${calibration === undefined ? absent() : shown(calibration)}</section>`;
}

function absent(): Markup {
  return markup`<p><strong>Not calibrated.</strong> The observer’s own error (the clock, the way from a guest’s mark to the harness, spawning) was not measured with this run. Take differences of a few tenths of a millisecond for noise.</p>`;
}

function shown({ takenAt, entries }: Calibration): Markup {
  const [head = [], ...rows] = calibrationTable(entries);
  const missing = unmeasuredLines(entries).map((line) => markup`<li>${line}.</li>`);
  return markup`<p>The observer’s own times, measured before the run’s first start (${takenAt}) and, where a line names a cell, in its starts. They are in the figures: shown here, never subtracted. The clock is CLOCK_MONOTONIC in ns.</p>
${table({ caption: 'The observer’s own times, in ms', head, rows })}
${missing.length === 0 ? '' : markup`<ul class="unmeasured">${missing}</ul>`}`;
}
