/** A calibration as text, for the terminal and report.md. Pure. */
import { isMeasured, type CalibrationEntry, type MeasuredEntry } from './entry.js';

const columns = ['what', 'n', 'p50', 'p90', 'max'] as const;

/** The head, and a row for each entry that was measured. Times are in ms. */
export function calibrationTable(
  entries: readonly CalibrationEntry[],
): readonly (readonly string[])[] {
  return [columns, ...entries.filter(isMeasured).map(row)];
}

/** A line for each of the others. */
export function unmeasuredLines(entries: readonly CalibrationEntry[]): readonly string[] {
  return entries.flatMap((entry) =>
    isMeasured(entry)
      ? []
      : [`${entry.label}: not measured, because ${entry.why.split('\n', 1).join('')}`],
  );
}

function row({ label, n, p50Ms, p90Ms, maxMs, intervalMs }: MeasuredEntry): readonly string[] {
  const interval = intervalMs === undefined ? '' : ` [${intervalMs.map(fine).join(', ')}]`;
  return [label, String(n), `${fine(p50Ms)}${interval}`, fine(p90Ms), fine(maxMs)];
}

/** Most are below a tenth of a millisecond, and some below a microsecond. */
function fine(ms: number | undefined): string {
  if (ms === undefined) return '-';
  const size = Math.abs(ms);
  return ms.toFixed(size >= 1 ? 2 : size >= 0.01 ? 3 : 5);
}
