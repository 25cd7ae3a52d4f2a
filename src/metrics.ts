/** The metrics: the columns of samples.csv that a figure can be made of. The only such list. */
import { marks, markNames } from './marks.js';
import { cloneStages, insideColumns, stageNames } from './stages.js';

export interface Metric {
  readonly name: string;
  readonly column: string;
  readonly unit: 'ms' | 'KiB';
}

/** All that is measured of a start, in the order in which it is shown. */
export const metrics: readonly Metric[] = [
  ...markNames.map((name) => ({ name, column: marks[name].column, unit: 'ms' as const })),
  { name: 'cpu', column: 'cpu_ms', unit: 'ms' },
  { name: 'rss', column: 'rss_kib', unit: 'KiB' },
  { name: 'pss', column: 'pss_kib', unit: 'KiB' },
  { name: 'private_dirty', column: 'private_dirty_kib', unit: 'KiB' },
  ...stageNames.map((name) => ({
    name: `${name}_stage`,
    column: cloneStages[name].column,
    unit: 'ms' as const,
  })),
  { name: 'inside_ready', column: insideColumns.ready, unit: 'ms' },
  { name: 'inside_work', column: insideColumns.work, unit: 'ms' },
];
