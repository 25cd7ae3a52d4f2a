/** What the stage charts stack: the time between marks, and stages that the samples time themselves. */
import { markNames, marks } from '../../marks.js';
import type { SampleRecord } from '../../results/columns.js';
import { cloneStages, stageNames } from '../../stages.js';
import { median } from '../../statistics/describe.js';
import type { CellSummary } from '../../summarise.js';
import { stagesOf } from '../stages.js';
import { colour } from './palette.js';
import type { ChartSample } from './report-data.js';

export interface Segment {
  /** Names the segment in the drawing and in its list, beside the colour. */
  readonly number: number;
  readonly label: string;
  /** What holds at its end. */
  readonly holds: string;
  readonly ms: number;
  readonly colour: string;
}

/** From one mark to the next, up to `work`. A mark has the same colour and number in every cell. */
export function markSegments(
  cell: CellSummary,
  peers?: readonly CellSummary[],
): readonly Segment[] {
  return stagesOf(cell, peers).map(({ mark, ms }) => {
    const place = markNames.indexOf(mark);
    const { title, holds } = marks[mark];
    return { number: place + 1, label: `to ${title}`, holds, ms, colour: colour(place) };
  });
}

/**
 * Medians of the stages that have a column of their own in samples.csv: durations in ms, in the
 * columns' order. Empty for a cell whose starts have none.
 */
export function timedSegments(samples: readonly ChartSample[]): readonly Segment[] {
  const ok = samples.filter(({ measured, failed }) => measured && !failed);
  return stageColumns(ok[0]?.record ?? {}).flatMap((column, place) => {
    const values = ok.map(({ record }) => record[column] ?? '').filter((text) => text !== '');
    if (values.length === 0) return [];
    const ms = Math.max(0, median(values.map(Number)));
    return [{ number: place + 1, ...wordsOf(column), ms, colour: colour(place) }];
  });
}

/** A column that this version does not know is called by its own name. */
function wordsOf(column: string): Pick<Segment, 'label' | 'holds'> {
  const stage = stageNames.find((name) => cloneStages[name].column === column);
  if (stage === undefined) return { label: column.replace(/_ms$/, ''), holds: column };
  return { label: cloneStages[stage].title, holds: cloneStages[stage].holds };
}

/** Every `*_ms` column that is no mark, tells no mark a second time, and is not CPU time. */
export function stageColumns(record: SampleRecord): readonly string[] {
  return Object.keys(record).filter((column) => {
    if (!column.endsWith('_ms') || column === 'cpu_ms') return false;
    const words = `_${column}`;
    return !markNames.some((name) => words.includes(`_${marks[name].column}`));
  });
}
