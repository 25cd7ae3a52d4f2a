/** The ladder as rows of text: the one table that the terminal, report.md and the README show. */
import { accelLabel, type RunRecord } from '../results/record.js';
import { alone, metricOf, type CellSummary, type Summary } from '../summarise.js';
import { talkMsBeside } from '../tiers.js';
import { endLabel } from './ends.js';
import { showMaybe, showMs, showRatio } from './numbers.js';

export const ladderColumns = [
  ...['tier', 'guest', 'accel', 'memory', 'QEMU', 'n', 'failed'],
  ...['VMM ready', 'ready p50 [95 %]', 'p90', 'work', 'ready x cold', "the talk's"],
] as const;

/** How many columns name the cell. */
const naming = 5;

/**
 * The ladder with its head; empty where no VM starts by itself. Where tier, guest, accelerator, memory and
 * QEMU do not tell the cells apart, a column more has what does.
 */
export function ladderTable(summary: Summary, record: RunRecord): readonly (readonly string[])[] {
  const rows = ladderRows(summary, record);
  if (rows.length === 0) return [];
  const table = [ladderColumns, ...rows];
  const named = new Set(rows.map((row) => row.slice(0, naming).join('\n')));
  if (named.size === rows.length) return table;
  const parameters = ['parameters', ...parametersOf(alone(summary).cells)];
  return table.map((row, index) => row.toSpliced(naming, 0, parameters[index] ?? ''));
}

/** What the cells' ids say besides those columns, without what all of them have. */
function parametersOf(cells: readonly CellSummary[]): readonly string[] {
  const own = cells.map(({ id, row }) =>
    id.split('/').filter((part, index) => index >= 4 && part !== `qemu-${row['qemu'] ?? ''}`),
  );
  const telling = (part: string) => !own.every((parts) => parts.includes(part));
  return own.map((parts) => parts.filter(telling).join(', '));
}

/** Of the cells whose VMs start by themselves. Times are in ms. A dash: the samples do not support the figure, or the tier has none. */
export function ladderRows(summary: Summary, record: RunRecord): readonly (readonly string[])[] {
  return alone(summary).cells.map((cell) => ladderRow(cell, record));
}

function ladderRow(cell: CellSummary, record: RunRecord): readonly string[] {
  const { row } = cell;
  const ready = metricOf(cell, 'ready');
  const interval =
    ready?.p50Low === undefined || ready.p50High === undefined
      ? ''
      : ` [${showMs(ready.p50Low)}, ${showMs(ready.p50High)}]`;
  const field = (name: string) => row[name] ?? '';
  return [
    cell.tier,
    `${field('guest')}${endLabel(row)}`,
    accelLabel(field('accel'), record.host.kvm),
    `${field('memory_mib')} MiB`,
    field('qemu'),
    String(cell.n),
    String(cell.failed),
    showMaybe(metricOf(cell, 'vmm_ready')?.p50, showMs),
    ready === undefined ? '-' : `${showMs(ready.p50)}${interval}`,
    showMaybe(ready?.p90, showMs),
    showMaybe(metricOf(cell, 'work')?.p50, showMs),
    showMaybe(ready?.ratioToCold, showRatio),
    showMaybe(talkMsBeside(cell.tier, field('guest')), (ms) => `about ${ms}`),
  ];
}

/** Columns padded to the widest entry; the last one is not. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
