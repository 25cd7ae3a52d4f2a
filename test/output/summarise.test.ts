import { describe, expect, it } from 'vitest';

import { summaryColumns, summaryRecords } from '../../src/output/summary-csv.js';
import { csvText } from '../../src/csv.js';
import type { SampleRecord } from '../../src/results/columns.js';
import { metricOf, summarise, type CellSummary } from '../../src/summarise.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from '../results/made-run.js';

const cells = cellsOf('guest: tiny, tier: [cold, restore], memory: 32M');
const cold = found(cells[0]);
const restore = found(cells[1]);
const record = recordOf(cells);

/** 1 to n, in an order that shows no drift. */
function spread(n: number, base: number): readonly number[] {
  return Array.from({ length: n }, (_, index) => base + ((index * 7) % n) + 1);
}

function summaryOf(...rows: (readonly SampleRecord[])[]): readonly CellSummary[] {
  return summarise(record, rows.flat()).cells;
}

function ready(cell: CellSummary | undefined) {
  return found(metricOf(found(cell), 'ready'));
}

describe('a summary', () => {
  it('describes the samples of each cell and metric', () => {
    const [one] = summaryOf(readyRows(cold, [60, 62, 61, 65, 63, 64]));
    expect(one).toMatchObject({ id: 'cold/tiny/kvm/32M', tier: 'cold', n: 6, failed: 0 });
    expect(ready(one)).toMatchObject({
      ...{ min: 60, p50: 62.5, p50Low: 60, p50High: 65, max: 65, mean: 62.5, mad: 1.5 },
      ...{ p90: undefined, p99: undefined, ratioToCold: 1 },
    });
    expect(ready(one).sd).toBeCloseTo(Math.sqrt(3.5), 12);
    expect(found(one).metrics.map(({ metric }) => `${metric.name} ${metric.unit}`)).toEqual([
      ...['vmm_ready ms', 'kernel ms', 'init ms', 'ready ms', 'work ms', 'exit ms', 'cpu ms'],
      ...['rss KiB', 'pss KiB', 'private_dirty KiB'],
    ]);
  });

  it('refuses a p90 below 29 samples and a p99 below 299', () => {
    const at = (n: number) => ready(summaryOf(readyRows(cold, spread(n, 60)))[0]);
    expect([at(28).p90, at(28).p99]).toEqual([undefined, undefined]);
    expect(at(29).p90).toBeCloseTo(60 + 1 + 0.9 * 28, 9);
    expect(at(298).p99).toBeUndefined();
    expect(at(299).p99).toBeCloseTo(60 + 1 + 0.99 * 298, 9);
  });

  it('refuses an interval of the median below 6 samples', () => {
    const at = (n: number) => ready(summaryOf(readyRows(cold, spread(n, 60)))[0]);
    expect([at(5).p50Low, at(5).p50High]).toEqual([undefined, undefined]);
    expect([at(6).p50Low, at(6).p50High]).toEqual([61, 66]);
  });

  it('counts failed starts and never averages them', () => {
    const good = readyRows(cold, [60, 61, 62, 63, 64, 65]);
    const late = { vmm_ready: 1, kernel: 2, init: 3, ready: 4 };
    const bad = rowsOf(cold, [
      failedSample(cold, 7, 'no mark "work" within 60 s', late),
      failedSample(cold, 8, 'QEMU was killed by SIGKILL', {}),
      failedSample(cold, 9, 'QEMU was killed by SIGKILL', {}),
    ]);
    const [whole] = summaryOf(good);
    const [mixed] = summaryOf([...bad, ...good]);
    expect(found(mixed).metrics).toEqual(found(whole).metrics);
    expect(mixed).toMatchObject({
      n: 6,
      failed: 3,
      failures: ['2 x "QEMU was killed by SIGKILL"', '1 x "no mark "work" within 60 s"'],
    });
  });

  it('has a cell of which every start failed, without figures', () => {
    const [one] = summaryOf(rowsOf(cold, [failedSample(cold, 1)]));
    expect(one).toMatchObject({ n: 0, failed: 1, metrics: [] });
  });

  it('leaves out warm-ups', () => {
    const warmups = readyRows(cold, [900, 800]).map((row) => ({ ...row, phase: 'warmup' }));
    expect(ready(summaryOf([...warmups, ...readyRows(cold, [60])])[0]).values).toEqual([60]);
  });

  it('leaves out a cell that was never started', () => {
    expect(summaryOf(readyRows(cold, [60])).map(({ id }) => id)).toEqual(['cold/tiny/kvm/32M']);
  });
});

describe('the ratio to cold', () => {
  it('is that of the medians, for every metric', () => {
    const [, one] = summaryOf(readyRows(restore, [45, 44, 90]), readyRows(cold, [60, 59, 99]));
    expect(one?.tier).toBe('restore');
    for (const name of ['vmm_ready', 'ready', 'work']) {
      expect(metricOf(found(one), name)?.ratioToCold).toBeCloseTo(0.75, 9);
    }
    expect(metricOf(found(one), 'resumed')?.ratioToCold).toBeUndefined();
  });

  it('is none without a cold boot, or one that never succeeded', () => {
    expect(ready(summaryOf(readyRows(restore, [45]))[0]).ratioToCold).toBeUndefined();
    const failed = rowsOf(cold, [failedSample(cold, 1)]);
    expect(ready(summaryOf(failed, readyRows(restore, [45]))[1]).ratioToCold).toBeUndefined();
  });

  it('is to the cold boot of the same machine', () => {
    const varied = cellsOf(
      'guest: tiny, tier: [cold, restore], memory: [32M, 64M], machine: [microvm, pc]',
    );
    const rows = varied.flatMap((cell, index) => readyRows(cell, [10 * (index + 1)]));
    const { cells: all } = summarise(recordOf(varied), rows);
    const ratios = all
      .filter(({ tier }) => tier === 'restore')
      .map((cell) => [cell.id, ready(cell).ratioToCold]);
    const ms = (id: string) => 10 * (varied.findIndex((cell) => cell.id === id) + 1);
    expect(ratios).toHaveLength(4);
    for (const [id, ratio] of ratios) {
      const base = String(id).replace('restore/', 'cold/');
      expect(ratio).toBeCloseTo(ms(String(id)) / ms(base), 9);
    }
  });

  it('is to the cold boot with the same page cache', () => {
    const varied = cellsOf('guest: tiny, tier: [cold, restore], pageCache: [warm, cold]');
    const rows = varied.flatMap((cell) => {
      const ms = (cell.tier === 'cold' ? 60 : 30) * (cell.pageCache === 'cold' ? 5 : 1);
      return readyRows(cell, [ms]);
    });
    const { cells: all } = summarise(recordOf(varied), rows);
    expect(all.map((cell) => ready(cell).ratioToCold)).toEqual([1, 0.5, 1, 0.5]);
    const warmOnly = rows.filter((row) => row['tier'] !== 'cold' || row['page_cache'] === 'warm');
    const coldRestore = summarise(recordOf(varied), warmOnly).cells.find(
      ({ tier, row }) => tier === 'restore' && row['page_cache'] === 'cold',
    );
    expect(ready(coldRestore).ratioToCold).toBeUndefined();
  });

  it('of several backings of a template is to the one cold boot there is', () => {
    const varied = cellsOf(
      'guest: tiny, tier: cold, memory: 32M',
      'guest: tiny, tier: restore, memory: 32M, backing: [tmpfs, /mnt]',
    );
    const rows = varied.flatMap((cell, index) => readyRows(cell, [[60, 45, 30][index] ?? 0]));
    const { cells: all } = summarise(recordOf(varied), rows);
    expect(all.map((cell) => ready(cell).ratioToCold)).toEqual([1, 0.75, 0.5]);
  });
});

describe('summary.csv', () => {
  it('has the columns that were promised, in their order', () => {
    expect(summaryColumns.join(',')).toBe(
      'cell,scenario,tier,guest,accel,qemu,machine,memory_mib,vcpus,concurrency,metric,unit,n,failed,min,p50,p50_low,p50_high,p90,p99,max,mean,sd,mad,ratio_to_cold,warnings',
    );
  });

  it('reads as its golden file', async () => {
    const { cells: all } = summarise(record, [
      ...readyRows(cold, spread(30, 60)),
      ...rowsOf(restore, [failedSample(restore, 31)]),
    ]);
    const text = csvText(summaryRecords({ cells: all }), summaryColumns);
    await expect(text).toMatchFileSnapshot('../golden/summary.csv');
  });

  it('leaves a figure empty that the samples do not support', () => {
    const [row] = summaryRecords({ cells: summaryOf(readyRows(restore, [45])) });
    const unsupported = ['p50_low', 'p50_high', 'p90', 'p99', 'sd', 'ratio_to_cold'];
    expect(unsupported.map((name) => row?.[name])).toEqual(['', '', '', '', '', '']);
  });
});
