import { describe, expect, it } from 'vitest';

import type { Side } from '../../src/compare/comparison.js';
import { EnvironmentError, UsageError } from '../../src/errors.js';
import { refuseOtherCells, refuseUnfit } from '../../src/gate/planned.js';
import { parseLimits } from '../../src/parse/limits.js';
import { cellsOf, recordOf } from '../results/made-run.js';

const [cold, floor] = ['cold', 'floor'].map((tier) =>
  cellsOf(`guest: tiny, tier: ${tier}, memory: 32M`),
);
const limitsOf = (entries: string, head = '') =>
  parseLimits(`${head}limits: [${entries}]\n`, 'l.yaml');
const skippedOf = (cells = floor ?? []) =>
  cells.map((cell) => ({ cell, because: 'there is no KVM', asked: false }));

describe('limits that do not fit what is planned', () => {
  it('are refused where no cell can have what they limit, whether it was skipped or not', () => {
    const idle = limitsOf('{ cells: floor/*, metric: work, ceiling: { p50: 1s } }');
    const says = /^l\.yaml:1:10: none of the cells it matches has "work p50", as floor\/tiny/;
    expect(() => {
      refuseUnfit(idle, { cells: floor ?? [], skipped: [] });
    }).toThrow(says);
    expect(() => {
      refuseUnfit(idle, { cells: cold ?? [], skipped: skippedOf() });
    }).toThrow(UsageError);
    const ofItself = limitsOf('{ cells: cold/*, ratio: { to: cold, most: 1 } }');
    expect(() => {
      refuseUnfit(ofItself, { cells: cold ?? [], skipped: [] });
    }).toThrow(/has "ready of cold"/);
  });

  it('are refused where a ratio is to a tier that is not planned for the same machine', () => {
    const limits = limitsOf('{ cells: "{cold,fork}/*", ratio: { to: cold, most: 1 } }');
    const forks = cellsOf('guest: tiny, tier: fork, memory: [32M, 64M]');
    expect(() => {
      refuseUnfit(limits, { cells: [...(cold ?? []), ...forks], skipped: [] });
    }).toThrow(/^l\.yaml:1:10: no cold of the same machine is planned beside fork\/tiny\S+64M$/);
    const colds = cellsOf('guest: tiny, tier: cold, memory: 64M');
    refuseUnfit(limits, { cells: [...(cold ?? []), ...forks, ...colds], skipped: [] });
    // A skipped one is another matter: see below.
    refuseUnfit(
      limitsOf('{ cells: fork/*, ratio: { to: cold, most: 1 } }', 'skippedCells: warn\n'),
      {
        cells: forks.slice(0, 1),
        skipped: skippedOf(cold),
      },
    );
  });

  it('are refused where a limited cell was skipped, unless they let it pass', () => {
    const all = '{ metric: ready, ceiling: { p50: 1s } }';
    const plan = { cells: cold ?? [], skipped: skippedOf() };
    expect(() => {
      refuseUnfit(limitsOf(all), plan);
    }).toThrow(EnvironmentError);
    refuseUnfit(limitsOf(all, 'skippedCells: warn\n'), plan);
  });

  it('take a cell that either side skipped for one it does not lack, if it is limited', () => {
    const all = limitsOf('{ metric: ready, ceiling: { p50: 1s } }', 'skippedCells: warn\n');
    const onlyCold = limitsOf('{ cells: cold/*, failureRate: 2% }', 'skippedCells: warn\n');
    const [both, one] = [[...(cold ?? []), ...(floor ?? [])], cold ?? []];
    const sideWith = (cells: typeof one, skipped = skippedOf([])): Side => ({
      ...{ ...recordOf(cells), name: 'base', samples: [], looks: 1, skipped },
    });
    // The baseline's host had no KVM, and this one has; then the other way round.
    refuseOtherCells(all, { cells: both, skipped: [] }, sideWith(one, skippedOf()));
    refuseOtherCells(all, { cells: one, skipped: skippedOf() }, sideWith(both));
    // What nothing limits is lacked, as the judgement would have it after the run.
    expect(() => {
      refuseOtherCells(onlyCold, { cells: one, skipped: skippedOf() }, sideWith(both));
    }).toThrow(/floor\/tiny\S+: only in the baseline/);
    expect(() => {
      refuseOtherCells(all, { cells: both, skipped: [] }, sideWith(one));
    }).toThrow(/floor\/tiny\S+: not in the baseline/);
  });

  it('do not care for a boot that is traced, which is never judged', () => {
    const traced = cellsOf('guest: tiny, tier: floor, memory: 32M').map((cell) => ({
      ...cell,
      trace: 'initcalls' as const,
    }));
    const all = limitsOf('{ metric: ready, ceiling: { p50: 1s } }');
    refuseUnfit(all, { cells: cold ?? [], skipped: skippedOf(traced) });
    const only = limitsOf('{ cells: floor/*, failureRate: 2% }');
    expect(() => {
      refuseUnfit(only, { cells: [...(cold ?? []), ...traced], skipped: [] });
    }).toThrow('no cell matches "floor/*"');
  });
});
