import { describe, expect, it } from 'vitest';

import {
  alignedTable,
  ladderColumns,
  ladderRows,
  ladderTable,
  markdownTable,
} from '../../src/output/ladder.js';
import { showMs, showRatio } from '../../src/output/numbers.js';
import { reportHtml } from '../../src/output/html/report-html.js';
import { reportMarkdown } from '../../src/output/report-md.js';
import { stagesOf } from '../../src/output/stages.js';
import { metricOf, summarise } from '../../src/summarise.js';
import { noKvm } from '../plan/planning.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from '../results/made-run.js';

const cells = cellsOf(
  'guest: tiny, tier: [cold, restore], memory: 32M',
  'guest: linux, tier: cold, memory: 128M, machine: pc',
);
const [cold, restore, linux] = cells.map(found);
const record = recordOf(cells);
const rows = [
  ...readyRows(
    found(cold),
    Array.from({ length: 30 }, (_, i) => 60 + ((i * 7) % 30) / 10),
  ),
  ...readyRows(found(restore), [45.2, 45, 45.6, 45.1, 45.9, 45.3]),
  ...readyRows(found(linux), [1050, 1060, 1055]),
  ...rowsOf(found(linux), [failedSample(found(linux), 40)]),
];
const summary = summarise(record, rows);

describe('the ladder', () => {
  it('shows what the samples support, and a dash where they do not', () => {
    expect(ladderRows(summary, record)).toEqual([
      [
        ...['cold', 'tiny', 'KVM (kernel mode emulated)', '32 MiB', '7.2.22', '30', '0'],
        ...['30.7', '61.5 [60.9, 62.0]', '62.6', '76.8', '1.00', '-'],
      ],
      [
        ...['restore', 'tiny', 'KVM (kernel mode emulated)', '32 MiB', '7.2.22', '6', '0'],
        ...['22.6', '45.3 [45.0, 45.9]', '-', '56.6', '0.74', '-'],
      ],
      [
        ...['cold', 'linux', 'TCG (emulated)', '128 MiB', '7.2.22', '3', '1'],
        ...['528', '1055', '-', '1319', '1.00', 'about 500'],
      ],
    ]);
  });

  it('tells cells apart that its columns do not, by what not all of them have', () => {
    const alike = cellsOf(
      'guest: linux, tier: cold, machine: [pc, q35], image: [vmlinux, bzImage], memory: 128M',
    );
    const run = recordOf(alike);
    const made = summarise(
      run,
      alike.flatMap((cell) => readyRows(cell, [10, 11, 12])),
    );
    const table = ladderTable(made, run);
    expect(table[0]?.slice(4, 7)).toEqual(['QEMU', 'parameters', 'n']);
    expect(table.slice(1).map((row) => row[5])).toEqual([
      ...['pc, vmlinux', 'pc, bzImage', 'q35, vmlinux', 'q35, bzImage'],
    ]);
    expect(ladderTable(summary, record)).toEqual([ladderColumns, ...ladderRows(summary, record)]);
    expect(ladderTable({ ...made, cells: [] }, run)).toEqual([]);
    const page = reportHtml({ folder: '/nowhere', record: run, samples: [] }, made);
    expect(page).toMatch(/<th[^>]*>parameters<\/th>/);
  });

  it('names its columns', () => {
    for (const row of ladderRows(summary, record)) expect(row).toHaveLength(ladderColumns.length);
  });

  it('does not call a KVM native that nobody measured', () => {
    const unmeasured = { ...record, host: { ...record.host, kvm: noKvm } };
    expect(ladderRows(summary, unmeasured)[0]?.[2]).toBe('KVM (speed unknown)');
  });

  it('has no figure for a cell without a good start', () => {
    const failed = summarise(record, rowsOf(found(cold), [failedSample(found(cold), 1)]));
    expect(ladderRows(failed, record)[0]?.slice(5)).toEqual([
      ...['0', '1', '-', '-', '-', '-', '-', '-'],
    ]);
  });
});

describe('a table', () => {
  it('of text is aligned and has no space at the end of a line', () => {
    expect(
      alignedTable([
        ['a', 'long head', 'c'],
        ['wide', '1', ''],
      ]),
    ).toBe('a     long head  c\nwide  1');
  });

  it('of Markdown escapes what would end a cell or a row', () => {
    expect(markdownTable([['a|b'], ['two\nlines']])).toBe('| a\\|b |\n| --- |\n| two lines |');
  });
});

describe('figures', () => {
  it.each([
    [1234.5, '1235'],
    [100, '100'],
    [99.94, '99.9'],
    [10, '10.0'],
    [9.994, '9.99'],
    [0.5, '0.50'],
  ])('%d ms reads %s', (ms, text) => {
    expect(showMs(ms)).toBe(text);
  });

  it.each([
    [1, '1.00'],
    [0.745, '0.74'],
    [0.0734, '0.073'],
  ])('the ratio %d reads %s', (ratio, text) => {
    expect(showRatio(ratio)).toBe(text);
  });
});

describe('the stages of a cell', () => {
  it('are the steps from mark to mark, and their sum is the work', () => {
    for (const cell of summary.cells) {
      const stages = stagesOf(cell);
      const sum = stages.reduce((total, { ms }) => total + ms, 0);
      expect(sum).toBeCloseTo(found(metricOf(cell, 'work')).p50, 9);
    }
    expect(stagesOf(found(summary.cells[0])).map(({ mark }) => mark)).toEqual([
      ...['vmm_ready', 'kernel', 'init', 'ready', 'work'],
    ]);
    expect(stagesOf(found(summary.cells[1])).map(({ mark }) => mark)).toEqual([
      ...['vmm_ready', 'resumed', 'ready', 'work'],
    ]);
  });

  it('do not tell two marks apart that come now in this order, now in the other', () => {
    const at = (kernel: number, start: number) => (start % 3 === 0 ? 0.4 * kernel : kernel);
    const rows = readyRows(found(cold), [60, 61, 62, 63, 64, 65]).map((row, start) => ({
      ...row,
      kernel_ms: String(at(Number(row['kernel_ms']), start)),
    }));
    const [racing] = summarise(record, rows).cells.map(found);
    expect(stagesOf(found(racing)).map(({ mark }) => mark)).toEqual([
      ...['kernel', 'init', 'ready', 'work'],
    ]);
    // A cell that is shown beside it has the same stages, though its own marks do not race.
    const [steady] = summary.cells;
    const both = [found(racing), found(steady)];
    expect(stagesOf(found(steady), both).map(({ mark }) => mark)).toEqual([
      ...['kernel', 'init', 'ready', 'work'],
    ]);
  });

  it('leave out a mark that only some starts delivered', () => {
    const some = readyRows(found(cold), [60, 61, 62]).map((row, index) =>
      index === 1 ? { ...row, kernel_ms: '' } : row,
    );
    const [cell] = summarise(record, some).cells;
    expect(stagesOf(found(cell)).map(({ mark }) => mark)).toEqual([
      ...['vmm_ready', 'init', 'ready', 'work'],
    ]);
  });
});

describe('report.md', () => {
  const charts = [{ name: 'ready.png', title: 'Time to ready' }];

  it('reads as its golden file', async () => {
    const skipped = cellsOf('guest: tiny, tier: cold, memory: 64M').map((cell) => ({
      cell,
      because: 'QEMU 7.2.22 has no machine type "isapc"',
      asked: false,
    }));
    const text = reportMarkdown({ ...record, skipped }, summary, charts);
    await expect(text).toMatchFileSnapshot('../golden/report.md');
  });

  it('says at once that a run was interrupted', () => {
    const [, state] = reportMarkdown(
      { ...record, state: 'interrupted', finishedAt: undefined },
      summary,
      charts,
    ).split('\n\n');
    expect(state).toContain(
      '**This run is interrupted: not all of its 64 planned starts were made.**',
    );
  });
});
