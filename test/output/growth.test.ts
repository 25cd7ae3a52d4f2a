import { describe, expect, it } from 'vitest';

import { growthCharts } from '../../src/output/charts/growth-chart.js';
import { growthLines, verdictOf, type Growth } from '../../src/output/growth.js';
import { growthSentences, growthTables } from '../../src/output/growth-tables.js';
import { reportHtml } from '../../src/output/html/report-html.js';
import { reportMarkdown } from '../../src/output/report-md.js';
import type { Cell } from '../../src/plan/cell.js';
import type { SampleRecord } from '../../src/results/columns.js';
import { summarise } from '../../src/summarise.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from '../results/made-run.js';

/** Starts around this time, close enough together for a narrow interval. */
function around(ms: number, count = 20): readonly number[] {
  return Array.from({ length: count }, (_, index) => ms * (1 + ((index * 7) % count) / 1000));
}

/** Rows of a clone, of which the stage VM takes that long and what is left is the load. */
function cloneRows(cell: Cell, readyMs: number, vmMs: number): readonly SampleRecord[] {
  return readyRows(cell, around(readyMs)).map((row) => ({
    ...row,
    fork_ms: '0.500',
    vm_ms: vmMs.toFixed(3),
    load_ms: (readyMs - 0.5 - vmMs).toFixed(3),
    inside_ready_ms: row['ready_ms'] ?? '',
  }));
}

function growthOf(cells: readonly Cell[], rows: readonly SampleRecord[]) {
  const record = recordOf(cells);
  const summary = summarise(record, rows);
  return { record, summary, sentences: growthSentences(summary, record) };
}

const memory = cellsOf('guest: tiny, tier: [restore, fork], memory: [64M, 128M, 2G, 4G]');
const at = (tier: string, memoryMiB: number) =>
  found(memory.find((cell) => cell.tier === tier && cell.memoryMiB === memoryMiB));
const flat = [64, 128, 2048, 4096].flatMap((size) => readyRows(at('restore', size), around(40)));
const growing = [64, 128, 2048, 4096].flatMap((size) =>
  cloneRows(at('fork', size), 3 + size / 1024, size / 1024),
);

describe('growth with memory', () => {
  const { sentences, summary, record } = growthOf(memory, [...flat, ...growing]);

  it('is flat where the interval is surely below the limit, and names the stage where it is not', () => {
    expect(sentences).toHaveLength(2);
    expect(sentences[0]).toMatch(
      /^Growth with memory: restore tiny, KVM \(kernel mode emulated\), QEMU 7\.2\.22: flat: \+?0 % \[-\d, \+?\d\] from 128 to 2048 MiB$/,
    );
    expect(sentences[1]).toMatch(
      /fork tiny.*: grows: \+60 % \[\+\d+, \+\d+\] from 128 to 2048 MiB, most of it in stage VM \(\+1\.88 ms\)$/,
    );
  });

  it('does not say "most of it" of a stage that has less than half', () => {
    const rows = [128, 2048].flatMap((size) =>
      cloneRows(at('fork', size), size === 128 ? 3 : 5, size === 128 ? 1 : 1.9),
    );
    const shared = rows.map((row) =>
      row['memory_mib'] === '128' ? row : { ...row, load_ms: '2.000', first_mark_ms: '0.700' },
    );
    expect(growthOf(memory, shared).sentences.at(-1)).toContain(
      'the largest part in stage VM (+0.90 ms)',
    );
  });

  it('has every size in its table, in the order of sizes', () => {
    const [table] = growthTables(summary, record);
    const [head = [], restore = [], fork = []] = found(table).rows;
    expect(head).toEqual([
      ...['tier', 'guest', 'accel', 'QEMU', '64 MiB', '128 MiB', '2048 MiB', '4096 MiB'],
      ...['first to last', 'verdict'],
    ]);
    expect(restore[4]).toMatch(/^40\.\d \[40\.\d, 40\.\d\]$/);
    expect(fork[8]).toMatch(/^\+12\d % \[/);
  });

  it('is in both reports, in words and as a drawing', () => {
    const charts = growthCharts(summary, record);
    expect(charts.map(({ name }) => name)).toEqual(['growth-memory-tiny.png']);
    const page = reportHtml({ folder: '/nowhere', record, samples: flat }, summary);
    const text = reportMarkdown(record, summary, charts);
    for (const report of [page, text]) {
      expect(report).toContain('Growth with memory');
      expect(report).toContain('most of it in stage VM (+1.88 ms)');
    }
    expect(page).toContain('href="#growth"');
    expect(page.match(/<path class="curve"/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a verdict of growth', () => {
  const verdict = (low?: number, high?: number) =>
    verdictOf({ from: 1, to: 2, part: 0.1, low, high, stage: undefined } satisfies Growth);

  it('needs the whole interval on one side of the limit', () => {
    expect(verdict(-0.05, 0.19)).toBe('flat');
    expect(verdict(0.21, 0.5)).toBe('grows');
    expect(verdict(0.1, 0.3)).toBe('unclear');
    expect(verdict(-0.65, -0.55)).toBe('shrinks');
    expect(verdict(-0.25, -0.15)).toBe('unclear');
    expect(verdict()).toBe('unclear');
  });

  it('is not given where there are too few starts, or none', () => {
    const few = growthOf(memory, [
      ...readyRows(at('restore', 128), [40, 41, 42]),
      ...readyRows(at('restore', 2048), [60, 61, 62]),
    ]);
    expect(few.sentences[0]).toContain('too few starts to tell: +49 % from 128 to 2048 MiB');
    const broken = growthOf(memory, [
      ...readyRows(at('restore', 128), around(40)),
      ...rowsOf(at('restore', 2048), [failedSample(at('restore', 2048), 1)]),
    ]);
    expect(broken.sentences[0]).toContain('not told: no start succeeded at one of the sizes');
    expect(growthTables(broken.summary, broken.record)[0]?.rows[1]).toContain('all failed');
  });
});

describe('a line of growth', () => {
  const cells = cellsOf(
    'guest: tiny, tier: restore, memory: [128M, 2G]',
    'guest: tiny, tier: restore, memory: 128M, vcpus: [2, 8]',
  );
  const rows = cells.flatMap((cell) => readyRows(cell, around(30 + cell.vcpus)));
  const { summary, record } = growthOf(cells, rows);

  it('has the cells that differ in its dimension alone, wherever the scenario names them', () => {
    const sizes = (dimension: 'memory' | 'vcpus') =>
      growthLines(summary, record, dimension).map(({ points }) => points.map((point) => point.at));
    expect(sizes('memory')).toEqual([[128, 2048]]);
    expect(sizes('vcpus')).toEqual([[1, 2, 8]]);
  });

  it('keeps two QEMUs of one version apart', () => {
    const twins = cellsOf(
      'guest: tiny, tier: cold, memory: [64M, 128M], qemu: [/opt/10/qemu, /opt/10b/qemu]',
    );
    const both = growthOf(
      twins,
      twins.flatMap((cell) => readyRows(cell, around(30))),
    );
    expect(growthLines(both.summary, both.record, 'memory')).toHaveLength(2);
  });

  it('is not made of cells that differ in something else', () => {
    const ladder = cellsOf(
      'guest: tiny, tier: [cold, restore], memory: 64M',
      'guest: linux, tier: cold, memory: 128M',
    );
    const none = growthOf(
      ladder,
      ladder.flatMap((cell) => readyRows(cell, around(30))),
    );
    expect(none.sentences).toEqual([]);
    expect(
      reportHtml({ folder: '/nowhere', record: none.record, samples: [] }, none.summary),
    ).not.toContain('#growth');
  });
});
