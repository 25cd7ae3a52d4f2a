/** Stages: the time from one mark to the next, of one cell. */
import { markNames, type MarkName } from '../marks.js';
import { median } from '../statistics/describe.js';
import { metricOf, type CellSummary } from '../summarise.js';

export interface Stage {
  /** The mark the stage ends with. */
  readonly mark: MarkName;
  /** Median over the samples of (this mark - the one before it), in ms. */
  readonly ms: number;
}

/** Up to `work`. Marks are taken in the order of their medians, which is that of the cell's starts. */
export function stagesOf(cell: CellSummary): readonly Stage[] {
  const found = markNames
    .filter((name) => name !== 'exit')
    .flatMap((mark) => {
      const summary = metricOf(cell, mark);
      // A mark that only some starts delivered has no place between two others.
      return summary?.values.length === cell.n ? [{ mark, summary }] : [];
    })
    .sort((a, b) => a.summary.p50 - b.summary.p50);
  return found.map(({ mark, summary }, index) => {
    const before = found[index - 1]?.summary.values;
    const steps = summary.values.map((at, start) => at - (before?.[start] ?? 0));
    return { mark, ms: Math.max(0, median(steps)) };
  });
}
