import { describe, expect, it } from 'vitest';

import { densityCharts, densityFamilies } from '../../src/output/densities.js';
import type { DensityRecord } from '../../src/results/density.js';

/** A step of so many VMs, each with so many KiB of its own. */
function step(id: string, alive: number, eachKiB: number, more: DensityRecord = {}): DensityRecord {
  return {
    ...{ cell: `${id}/${alive}-alive`, tier: id.split('/')[0] ?? '', guest: 'tiny', accel: 'kvm' },
    ...{ memory_mib: '32', working_set_mib: '8', backing: 'tmpfs', thp: 'host', round: '1' },
    ...{ asked: String(alive), started: String(alive), alive: String(alive) },
    private_dirty_kib: String(alive * eachKiB),
    ...more,
  };
}

const chartsOf = (steps: readonly DensityRecord[]) =>
  densityCharts(densityFamilies(steps), ['privateDirty']);

describe('the charts of density', () => {
  it('have a line for each tier, by the number of VMs', () => {
    const charts = chartsOf([
      step('cold/tiny/kvm/32M', 10, 20_480),
      step('fork-loaded/tiny/kvm/32M/tmpfs', 100, 1024),
      step('fork-loaded/tiny/kvm/32M/tmpfs', 1, 2048),
    ]);
    expect(charts).toEqual([
      {
        ...{ machine: 'tiny/kvm/32M, 8 MiB touched', measure: 'privateDirty' },
        lines: [
          { label: 'cold', points: [{ x: 10, y: 20 }] },
          {
            label: 'fork-loaded',
            points: [
              { x: 1, y: 2 },
              { x: 100, y: 1 },
            ],
          },
        ],
      },
    ]);
  });

  it('keep what touches nothing apart, and name huge pages', () => {
    const charts = chartsOf([
      step('fork-loaded/tiny/kvm/32M/work-0M', 1, 1024, { working_set_mib: '0' }),
      step('restore/tiny/kvm/32M/tmpfs', 1, 1024),
      step('restore/tiny/kvm/32M/hugetlbfs', 1, 1024, { backing: 'hugetlbfs' }),
      step('restore/tiny/kvm/32M/thp-never', 1, 1024, { thp: 'never' }),
    ]);
    expect(charts.map(({ machine, lines }) => [machine, lines.map(({ label }) => label)])).toEqual([
      ['tiny/kvm/32M, 0 MiB touched', ['fork-loaded']],
      ['tiny/kvm/32M, 8 MiB touched', ['restore, hugetlbfs', 'restore, thp never', 'restore']],
    ]);
  });

  it('name lines by their cells where nothing else tells them apart', () => {
    const [chart] = chartsOf([
      step('restore/tiny/kvm/32M/tenant-a', 1, 1024),
      step('restore/tiny/kvm/32M/tenant-b', 1, 1024),
    ]);
    expect(chart?.lines.map(({ label }) => label)).toEqual([
      'restore/tiny/kvm/32M/tenant-a',
      'restore/tiny/kvm/32M/tenant-b',
    ]);
  });
});
