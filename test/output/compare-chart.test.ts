import { describe, expect, it } from 'vitest';

import { compareChart } from '../../src/output/charts/compare-chart.js';
import { forestRows } from '../../src/output/charts/forest-rows.js';
import { axisOf } from '../../src/output/charts/shift-axis.js';
import { compareMarkdown } from '../../src/output/compare-table.js';
import { cold, compared, forkLoaded, sideOf, startsOf } from '../compare/made-sides.js';

const spread = (ms: number) => Array.from({ length: 40 }, (_, index) => ms + 0.01 * (index % 20));
const side = (name: string, coldMs: number, forkMs: number) =>
  sideOf(name, [
    [cold, startsOf(spread(coldMs))],
    [forkLoaded, startsOf(spread(forkMs))],
  ]);
const same = compared(side('a', 60, 5), side('b', 60, 5));
const slower = compared(side('a', 60, 5), side('b', 60, 50));

describe('the chart of a comparison', () => {
  it('has a row for each metric of each cell, with verdict, shift, interval, floor and n', () => {
    const rows = forestRows(slower);
    const row = rows.find(({ label: [id, name] }) => id === forkLoaded.id && name === 'ready');
    expect(row).toMatchObject({
      verdict: 'regressed',
      text: 'regressed: +45.0 ms of 5.09, n 40 and 40',
    });
    expect(row?.shift).toBeCloseTo(45 / 5.095, 1);
    expect(row?.floor).toBeCloseTo(0.5 / 5.095, 2);
    expect(row?.interval?.lower).toBeLessThan(row?.shift ?? 0);
    expect(forestRows(same).every(({ verdict }) => verdict === 'within noise')).toBe(true);
    expect(forestRows(same)).toHaveLength(6);
  });

  it('says what no shift tells: failures and slow starts that are not within noise', () => {
    const failed = Array.from({ length: 20 }, () => undefined);
    const failing = sideOf('c', [[cold, [...startsOf(spread(60)), ...failed]]]);
    const good = sideOf('a', [[cold, startsOf(spread(60))]]);
    const row = forestRows(compared(good, failing)).find(({ label }) => label[1] === 'failed');
    expect(row).toMatchObject({ shift: undefined, text: 'regressed: 20 of 60, before 0 of 40' });
  });

  it('has an axis on which a shift by a factor leaves a small one to be seen', () => {
    expect(axisOf(forestRows(same)).note).toBe('');
    const { place, min, max, ticks, note } = axisOf(forestRows(slower));
    expect(note).toContain('logarithmic');
    expect(max).toBeGreaterThan(8);
    expect((place(0.05) - place(0)) / (place(max) - place(min))).toBeGreaterThan(0.08);
    expect(ticks).toContain(0);
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    expect(place(-1)).toBeCloseTo(-place(1));
  });

  it('is a PNG, and none where nothing was compared', () => {
    expect(compareChart(slower)?.subarray(1, 4).toString()).toBe('PNG');
    expect(compareChart({ ...same, cells: [] })).toBeUndefined();
  });
});

describe('the Markdown of a comparison', () => {
  it('shows the chart, where each difference arises, and how it was measured', () => {
    const text = compareMarkdown(slower, 'regressed', 'compare.png');
    expect(text).toContain('](compare.png)');
    expect(text).toContain(`## Where the difference arises: ${forkLoaded.id}`);
    expect(text).toMatch(/\| resumed to ready \| 0\.51 \| 5\.01 \| \+4\.50 \[/);
    expect(text).toContain('mostly from start to vmm_ready');
    expect(text).toContain('- measured with KVM (kernel mode emulated), QEMU 7.2.22');
    expect(compareMarkdown(slower, 'regressed', undefined)).not.toContain('![');
  });
});
