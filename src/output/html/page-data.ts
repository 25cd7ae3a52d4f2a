/** What the page's script reads: every sample once, however many dots show it. Types and their maker. */
import { marks, markNames } from '../../marks.js';
import type { SampleRecord } from '../../results/columns.js';
import { logName } from './log-name.js';
import type { ReportData } from './report-data.js';

export interface PageColumn {
  readonly label: string;
  readonly unit: string;
}

export interface PageSample {
  readonly cell: number;
  readonly order: string;
  readonly round: string;
  readonly phase: string;
  readonly guestId: string;
  /** Empty for a start that succeeded. */
  readonly failure: string;
  readonly log: string;
  /** As in samples.csv, in the order of the columns; empty where the start has none. */
  readonly values: readonly string[];
}

export interface PageData {
  readonly cells: readonly string[];
  readonly columns: readonly PageColumn[];
  readonly samples: readonly PageSample[];
}

export function pageData({ samples }: ReportData): PageData {
  const columns = valueColumns(samples[0]?.record ?? {});
  const cells = [...new Set(samples.map(({ record }) => record['cell'] ?? ''))];
  const places = new Map(cells.map((id, place) => [id, place]));
  return {
    cells,
    columns: columns.map(pageColumn),
    samples: samples.map(({ record, failed }) => {
      const field = (name: string) => record[name] ?? '';
      return {
        cell: places.get(field('cell')) ?? 0,
        order: field('order'),
        round: field('round'),
        phase: field('phase'),
        guestId: field('guest_id'),
        failure: failed ? field('failure') || 'failed, no reason was recorded' : '',
        log: failed ? `logs/${logName(field('cell'), field('order'))}` : '',
        values: columns.map(field),
      };
    }),
  };
}

/** Every time and size that samples.csv holds, also in columns this version does not know. */
function valueColumns(record: SampleRecord): readonly string[] {
  return Object.keys(record).filter((name) => name.endsWith('_ms') || name.endsWith('_kib'));
}

function pageColumn(column: string): PageColumn {
  const mark = markNames.find((name) => marks[name].column === column);
  const words = column.replace(/_(?:ms|kib)$/, '').replaceAll('_', ' ');
  const label = mark === undefined ? words : marks[mark].title;
  return { label, unit: column.endsWith('_kib') ? 'KiB' : 'ms' };
}
