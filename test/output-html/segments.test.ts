import { describe, expect, it } from 'vitest';
import { reportData, samplesOf } from '../../src/output/html/report-data.js';
import { markSegments, stageColumns, timedSegments } from '../../src/output/html/segments.js';
import { summarise } from '../../src/summarise.js';
import { syntheticRun, type SyntheticCell } from './synthetic-run.js';

const cells: readonly SyntheticCell[] = [
  { tier: 'cold', guest: 'tiny', accel: 'kvm', readyMs: 40 },
  { tier: 'restore', guest: 'tiny', accel: 'kvm', readyMs: 30 },
];

describe('the columns of stages', () => {
  it('are all times that are no mark, no mark told twice, and no CPU time', () => {
    const columns = ['order', 'ready_ms', 'cpu_ms', 'rss_kib', 'park_ms', 'inside_ready_ms'];
    const record = Object.fromEntries([...columns, 'first_mark_ms'].map((name) => [name, '1']));
    expect(stageColumns(record)).toEqual(['park_ms', 'first_mark_ms']);
  });
});

describe('the segments of a cell', () => {
  const run = syntheticRun(cells, {
    runs: 9,
    extra: () => ({ park_ms: '0.25', kvm_ms: '1.5', load_ms: '', odd_ms: '2' }),
  });
  const data = reportData(run, summarise(run.record, run.samples), {});
  const [cold, restore] = data.summary.cells;
  if (cold === undefined || restore === undefined) throw new Error('no cells');

  it('lead from mark to mark, up to work', () => {
    const labels = markSegments(cold).map(({ label }) => label);
    expect(labels).toEqual(['to VMM ready', 'to kernel', 'to init', 'to ready', 'to work']);
  });

  it('have the same number and colour in each cell', () => {
    const key = (cell: typeof cold) => markSegments(cell).find((s) => s.label === 'to ready');
    expect(key(restore)).toMatchObject({ number: 5, colour: key(cold)?.colour });
    expect(key(cold)?.number).toBe(5);
  });

  it('of stages with a column of their own are their medians; an empty column is no zero', () => {
    const segments = timedSegments(samplesOf(data, restore));
    expect(segments.map(({ label, ms }) => [label, ms])).toEqual([
      ['park', 0.25],
      ['KVM rebuild', 1.5],
      ['odd', 2],
    ]);
  });
});
