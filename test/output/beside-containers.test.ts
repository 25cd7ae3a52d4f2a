import { describe, expect, it } from 'vitest';

import { besideContainers } from '../../src/output/beside-containers.js';
import { summarise } from '../../src/summarise.js';
import { cellsOf, found, readyRows, recordOf } from '../results/made-run.js';

const [cloneCell] = cellsOf('guest: tiny, tier: fork-loaded, memory: 32M');
const clone = found(cloneCell);
/** As the planner makes it of a container, as far as the sentence looks. */
const crun = { ...clone, tier: 'crun' as const, id: 'crun/init/none/32M' };
const record = recordOf([clone, crun]);

/** n values around a centre, a hundredth apart. */
function around(centre: number, n = 12): readonly number[] {
  return Array.from({ length: n }, (_, index) => centre + (((index * 5) % n) - n / 2) / 100);
}

function sentences(cloneMs: readonly number[], crunMs: readonly number[]): readonly string[] {
  const rows = [...readyRows(clone, cloneMs), ...readyRows(crun, crunMs)];
  return besideContainers(summarise(record, rows), record);
}

describe('what a run says of clones beside containers', () => {
  it('is by how much the clone is faster, as a ratio with its interval', () => {
    const [sentence, ...others] = sentences(around(5), around(20));
    expect(others).toEqual([]);
    expect(sentence).toMatch(/^fork-loaded\S+ \(KVM \(kernel mode emulated\)\) beside crun\/init/);
    expect(sentence).toMatch(
      /ready after 5\.0\d? ms, the container after 20\.0? ms: 0\.25 times as long \[0\.2\d+, 0\.2\d+\], faster by 15\.0? ms/,
    );
    expect(sentence).toMatch(/; work after /);
  });

  it('is nothing of clones that wait for one another', () => {
    const [atRate] = cellsOf('guest: tiny, tier: fork-loaded, memory: 32M, rate: 300');
    const rows = [...readyRows(found(atRate), around(90)), ...readyRows(crun, around(10))];
    const both = recordOf([found(atRate), crun]);
    expect(besideContainers(summarise(both, rows), both)).toEqual([]);
  });

  it('or by how much it is slower', () => {
    expect(sentences(around(20), around(5))[0]).toMatch(/slower by 15/);
  });

  it('or that the two are not told apart', () => {
    expect(sentences(around(10), around(10))[0]).toMatch(/not told apart/);
  });

  it('and no more than the medians where there are too few samples', () => {
    expect(sentences(around(5, 5), around(20))[0]).toMatch(/too few to say how sure/);
  });

  it('and what of the container is a choice of the host, where it is', () => {
    const rows = [...readyRows(clone, around(5)), ...readyRows(crun, around(20))];
    const said = (favordynmods: boolean) => {
      const cgroup = { state: 'known', value: { mode: 'v1', favordynmods } } as const;
      const host = { ...record.host, facts: { ...record.host.facts, cgroup } };
      return besideContainers(summarise(record, rows), { ...record, host });
    };
    expect(said(true)).toHaveLength(1);
    expect(said(false)).toHaveLength(2);
    expect(said(false)[1]).toMatch(
      /^Each container paid .* unless cgroups are mounted with favordynmods$/,
    );
    // Before Linux 6.0 there was no such choice: the fast way was the only one.
    const kernelRelease = { state: 'known', value: '5.15.0-91-generic' } as const;
    const facts = { ...record.host.facts, kernelRelease };
    const old = { ...record, host: { ...record.host, facts } };
    expect(besideContainers(summarise(record, rows), old)).toHaveLength(1);
  });

  it('and nothing in a run without containers', () => {
    expect(besideContainers(summarise(record, readyRows(clone, around(5))), record)).toEqual([]);
  });
});
