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

/** Where more starts than this have two marks the other way round, no stage lies between them. */
const racingPart = 0.05;

/**
 * Up to `work`. Marks are taken in the order of their medians. Two that come now in this order, now in
 * the other (QEMU's monitor may answer before or after its guest's kernel speaks) are one stage, which
 * ends with the one whose median is later, or with _ready_: what a median would put between is chance.
 *
 * @param peers with which the cell is shown, so that they have the same stages: those of its tier, guest
 *   and accelerator
 */
export function stagesOf(
  cell: CellSummary,
  peers: readonly CellSummary[] = [cell],
): readonly Stage[] {
  const kind = ({ tier, row }: CellSummary) => [tier, row['guest'], row['accel']].join(' ');
  const alike = peers.filter((one) => kind(one) === kind(cell));
  const pooled = (mark: MarkName) => median(alike.flatMap((one) => valuesOf(one, mark) ?? []));
  const found = markNames
    .filter((name) => name !== 'exit')
    .flatMap((mark) => {
      const values = valuesOf(cell, mark);
      return values === undefined ? [] : [{ mark, values, at: pooled(mark) }];
    })
    .sort((a, b) => a.at - b.at)
    .filter(({ mark }, index, all) => {
      const next = all[index + 1]?.mark;
      return next === undefined || mark === 'ready' || !isRace(alike, mark, next);
    });
  return found.map(({ mark, values }, index) => {
    const before = found[index - 1]?.values;
    const steps = values.map((at, start) => at - (before?.[start] ?? 0));
    return { mark, ms: Math.max(0, median(steps)) };
  });
}

/** Of each start, in order. A mark that only some starts delivered has no place between two others. */
function valuesOf(cell: CellSummary, mark: MarkName): readonly number[] | undefined {
  const summary = metricOf(cell, mark);
  return summary?.values.length === cell.n && cell.n > 0 ? summary.values : undefined;
}

function isRace(cells: readonly CellSummary[], first: MarkName, second: MarkName): boolean {
  const steps = cells.flatMap((cell) => {
    const [from, to] = [valuesOf(cell, first), valuesOf(cell, second)];
    return from === undefined || to === undefined
      ? []
      : to.map((at, start) => at - (from[start] ?? 0));
  });
  return steps.filter((ms) => ms < 0).length > racingPart * steps.length;
}
