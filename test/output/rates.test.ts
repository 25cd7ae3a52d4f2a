import { describe, expect, it } from 'vitest';

import { rateChartFiles } from '../../src/output/charts/rate-chart.js';
import { reportHtml } from '../../src/output/html/report-html.js';
import { rateCharts } from '../../src/output/rate-lines.js';
import { rateTables } from '../../src/output/rate-tables.js';
import { breachText, harnessBound, rateFamilies, sustained } from '../../src/output/rates.js';
import type { RateRecord } from '../../src/results/rate.js';
import type { StoredRun } from '../../src/results/run-folder.js';
import { cellsOf, found, recordOf } from '../results/made-run.js';

const cells = cellsOf(
  'guest: tiny, tier: [restore, fork-loaded], memory: 32M, rate: [100, 200, 300]',
);

/** What one step came to. */
interface Step {
  readonly p95: number;
  readonly failed?: number;
  readonly stable?: boolean;
  readonly ended?: string;
  readonly late?: number;
  readonly busy?: number;
}

function row(id: string, round: number, step: Step): RateRecord {
  const cell = found(cells.find((one) => one.id === id));
  return {
    ...{ cell: id, tier: cell.tier, guest: 'tiny', accel: 'kvm', memory_mib: '32' },
    ...{ working_set_mib: '8', rate: String(cell.rate), round: String(round) },
    ...{ asked: '600', started: '600', failed: String(step.failed ?? 0) },
    ...{ ended_because: step.ended ?? '', stable: step.stable === false ? 'no' : 'yes' },
    ...{ achieved_per_s: '99', ready_p50_ms: '5', ready_p95_ms: String(step.p95) },
    ...{ late_p95_ms: String(step.late ?? 0.1), harness_busy: String(step.busy ?? 0.2) },
    backlog_end: '3',
  };
}

function rowsOf(tier: string, perSecond: number, ...steps: readonly Step[]): readonly RateRecord[] {
  const id = `${tier}/tiny/kvm/32M/${perSecond}-per-s`;
  return steps.map((step, index) => row(id, index + 1, step));
}

const six = (p95: number): readonly Step[] => Array.from({ length: 6 }, () => ({ p95 }));

function runOf(rate: readonly RateRecord[]): StoredRun {
  return { folder: '/nowhere', record: recordOf(cells), samples: [], rate };
}

const family = (rate: readonly RateRecord[]) => found(rateFamilies(rate, cells)[0]);
const tableOf = (rate: readonly RateRecord[]) =>
  found(rateTables(runOf(rate)).find(({ title }) => title === 'Sustained rate')).rows[1];

describe('the sustained rate', () => {
  it('is the highest that was held in every round', () => {
    const rate = [
      ...rowsOf('fork-loaded', 300, ...six(49).slice(2), { p95: 51 }, { p95: 80, stable: false }),
      ...rowsOf('fork-loaded', 100, ...six(10)),
      ...rowsOf('fork-loaded', 200, ...six(50)),
    ];
    const { held, next } = sustained(family(rate), 50);
    expect([held?.perSecond, next?.perSecond]).toEqual([200, 300]);
    // 0.05^(1/6) is 0.607.
    expect(tableOf(rate)?.slice(5)).toEqual([
      '50 ms',
      '200/s',
      '6 of 6 rounds [60 %]',
      '300/s: 4 of 6 (p95 over 50 ms in 2, the queue grew in 1)',
    ]);
  });

  it('is not above a rate that was not held, even where a higher one was', () => {
    const rate = [
      ...rowsOf('fork-loaded', 100, { p95: 10 }),
      ...rowsOf('fork-loaded', 200, { p95: 90 }),
      ...rowsOf('fork-loaded', 300, { p95: 10 }),
    ];
    expect(sustained(family(rate), 50).held?.perSecond).toBe(100);
  });

  it('is at least the highest that was tried, or less than the lowest', () => {
    const all = [100, 200].flatMap((perSecond) => rowsOf('fork-loaded', perSecond, ...six(20)));
    expect(tableOf(all)?.slice(6)).toEqual(['at least 200/s', '6 of 6 rounds [60 %]', '-']);
    const none = [100, 200].flatMap((perSecond) => rowsOf('fork-loaded', perSecond, ...six(60)));
    expect(tableOf(none)?.slice(6)).toEqual([
      ...['less than 100/s', '-', '100/s: 0 of 6 (p95 over 50 ms in 6)'],
    ]);
  });

  it.each<[string, Step, string]>([
    ['one start failed', { p95: 10, failed: 1 }, 'a start failed in 1'],
    ['the queue grew', { p95: 10, stable: false }, 'the queue grew in 1'],
    ['it ended early', { p95: 10, stable: false, ended: 'memory: none' }, 'ended early in 1'],
    ['too few came for a p95', { p95: NaN }, 'p95 over 50 ms in 1'],
  ])('is not held where %s', (_, step, text) => {
    const rows = rowsOf('fork-loaded', 100, step).map((one) => ({
      ...one,
      ...(Number.isNaN(step.p95) ? { ready_p95_ms: '' } : {}),
    }));
    const { held, next } = sustained(family(rows), 50);
    expect(held).toBeUndefined();
    expect(breachText(found(next), 50)).toBe(text);
  });

  it('names the harness where that may be what was measured', () => {
    const boundOf = (step: Step) =>
      harnessBound(found(family(rowsOf('fork-loaded', 100, step)).steps[0]));
    expect(boundOf({ p95: 20, late: 1, busy: 0.5 })).toBeUndefined();
    expect(boundOf({ p95: 20, late: 6, busy: 0.5 })).toBe(
      'the harness itself asked up to 6.00 ms late (p95)',
    );
    expect(boundOf({ p95: 20, late: 6, busy: 0.95 })).toBe('the harness itself was at its limit');
    expect(tableOf(rowsOf('fork-loaded', 100, { p95: 20, busy: 0.95 }))?.[7]).toBe(
      '1 of 1 rounds [5 %]; the harness itself was at its limit',
    );
  });
});

describe('the charts of rates', () => {
  const rate = [
    ...rowsOf('restore', 100, { p95: 80 }, { p95: 100 }),
    ...rowsOf('fork-loaded', 100, { p95: 8 }),
    ...rowsOf('fork-loaded', 200, { p95: 9 }, { p95: 9, stable: false }),
  ];

  it('have a line for each tier of a machine, and mark where the queue grew', () => {
    const charts = rateCharts(runOf(rate));
    expect(charts).toMatchObject([
      {
        machine: 'tiny/kvm/32M, 8 MiB touched',
        limitsMs: [50],
        lines: [
          { label: 'restore', points: [{ x: 100, y: 90, stable: true }] },
          {
            label: 'fork-loaded',
            points: [
              { x: 100, y: 8, stable: true },
              { x: 200, y: 9, stable: false },
            ],
          },
        ],
      },
    ]);
  });

  it('are a file each, and none for a run without rates', () => {
    const files = rateChartFiles(runOf(rate));
    expect(files.map(({ name }) => name)).toEqual(['rate-tiny-kvm-32M-8-MiB-touched.png']);
    expect(files[0]?.png.subarray(1, 4).toString()).toBe('PNG');
    expect(rateChartFiles(runOf([]))).toEqual([]);
    expect(rateTables(runOf([]))).toEqual([]);
  });

  it('are on the page, with the tables', () => {
    const html = reportHtml(runOf(rate), { cells: [], traced: [] });
    for (const text of ['Sustained rate', 'Rates, tiny/kvm/32M', 'limit of 50 ms', 'fill-opacity'])
      expect(html).toContain(text);
  });
});
