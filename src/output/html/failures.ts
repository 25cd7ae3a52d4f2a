/** The failed starts of a cell: which, why, and what their logs say. */
import type { CellSummary } from '../../summarise.js';
import { plural } from './figures.js';
import { logName } from './log-name.js';
import { markup, type Markup } from './markup.js';
import type { ChartSample } from './report-data.js';

/** Of each log its end, and of each cell so many logs: the page stays small, the files have it all. */
const shownCharacters = 4_000;
const shownLogs = 20;

/** Undefined where none failed. */
export function failureList(
  cell: CellSummary,
  samples: readonly ChartSample[],
  logs: ReadonlyMap<string, string> | undefined,
): Markup | undefined {
  const failed = samples.filter((sample) => sample.failed);
  if (failed.length === 0) return undefined;
  const items = failed.map((sample, place) =>
    failure(cell, sample, place < shownLogs ? logs : undefined),
  );
  return markup`<details class="failures"><summary>✖ ${plural(failed.length, 'failed start')}, warm-ups included</summary><ol>${items}</ol></details>`;
}

function failure(
  cell: CellSummary,
  { order, measured, record }: ChartSample,
  logs: ReadonlyMap<string, string> | undefined,
): Markup {
  const name = logName(cell.id, record['order'] ?? '');
  const text = logs?.get(name);
  const log =
    text === undefined
      ? undefined
      : markup`<pre tabindex="0" aria-label="log of start ${order}">${endOf(text)}</pre>`;
  const phase = measured ? '' : ' (warm-up)';
  return markup`<li>Start ${order}${phase}: ${record['failure'] ?? ''} <a class="log" href="logs/${name}">logs/${name}</a>${log}</li>`;
}

function endOf(text: string): string {
  if (text.length <= shownCharacters) return text;
  return `(the last ${shownCharacters} characters)\n…${text.slice(-shownCharacters)}`;
}
