import { describe, expect, it } from 'vitest';

import { lastOfOldest, sampleColumns, toRecord } from '../../src/results/columns.js';
import { cloneStages, insideColumns, stageNames } from '../../src/stages.js';
import { cellsOf, failedSample, found, okSample, runId } from './made-run.js';

const [cold, restore] = cellsOf('guest: tiny, tier: [cold, restore], memory: 32M').map(found);

describe('the columns of samples.csv', () => {
  it('are those that were promised, in their order, and then those of the cell', () => {
    const promised =
      'run_id,cell,scenario,tier,guest,accel,qemu,machine,memory_mib,vcpus,concurrency,round,order,phase,state,failure,vmm_ready_ms,kernel_ms,init_ms,resumed_ms,ready_ms,work_ms,exit_ms,cpu_ms,rss_kib,pss_kib,private_dirty_kib,guest_id';
    const appended = 'firmware,cpu,backing,kernel_arguments,working_set_mib';
    expect(`${sampleColumns.join(',')},`.startsWith(`${promised},${appended},`)).toBe(true);
  });

  it('end with those appended later, in their order', () => {
    expect(sampleColumns.slice(sampleColumns.indexOf(lastOfOldest) + 1)).toEqual([
      'page_cache',
      'warm_ms',
      'vm_ms',
      ...['identity', 'observe_ms'],
      ...['thp', 'alive', 'member', 'shared_kib', 'page_tables_kib', 'private_hugetlb_kib'],
      'qemu_cpus',
      ...['tenant', 'ram_file', 'ram_rss_kib', 'ram_pss_kib'],
      ...['rate', 'due_ms', 'late_ms'],
      ...['image', 'initramfs_packing', 'initramfs_fill_mib', 'trace'],
      ...['ends', 'line_ms'],
    ]);
  });

  it('hold every stage of a fork and every mark stamped inside QEMU', () => {
    const stages = stageNames.map((name) => cloneStages[name].column);
    expect(sampleColumns).toEqual(
      expect.arrayContaining([...stages, ...Object.values(insideColumns)]),
    );
  });

  it('are the fields of a row, no more and no fewer', () => {
    const row = toRecord(runId, okSample(found(cold), 1, 60), found(cold));
    expect(Object.keys(row).sort()).toEqual([...sampleColumns].sort());
  });
});

describe('a row', () => {
  it('of a cold boot has all its marks with a resolution of 1 µs', () => {
    expect(toRecord(runId, okSample(found(cold), 7, 60.00049), found(cold))).toMatchObject({
      ...{ run_id: runId, cell: 'cold/tiny/kvm/32M', scenario: 'x', tier: 'cold' },
      ...{ guest: 'tiny', accel: 'kvm', qemu: '7.2.22', machine: 'microvm', memory_mib: '32' },
      ...{ vcpus: '1', concurrency: '1', round: '7', order: '7', phase: 'measure' },
      ...{ state: 'ok', failure: '', vmm_ready_ms: '30.000', kernel_ms: '36.000' },
      ...{ init_ms: '48.000', resumed_ms: '', ready_ms: '60.000', work_ms: '75.001' },
      ...{ exit_ms: '90.001', cpu_ms: '12.5', rss_kib: '40000', pss_kib: '20000' },
      ...{ private_dirty_kib: '1000', guest_id: 'ab-cd-1', firmware: 'default', cpu: 'host' },
      ...{ backing: 'tmpfs', kernel_arguments: '', working_set_mib: '8', page_cache: 'warm' },
    });
  });

  it('of a restore has no mark of a boot', () => {
    const row = toRecord(runId, okSample(found(restore), 1, 50), found(restore));
    expect([row['kernel_ms'], row['init_ms'], row['resumed_ms']]).toEqual(['', '', '45.000']);
  });

  it('of a failed start has the marks it delivered, and no number for any other', () => {
    const row = toRecord(runId, failedSample(found(cold), 1), found(cold));
    expect(row['state']).toBe('failed');
    expect(row['failure']).toBe('QEMU exited with code 1 before mark "ready"');
    expect(row['vmm_ready_ms']).toBe('40.000');
    const own = sampleColumns.filter((name) => name !== 'observe_ms');
    const columns = own.filter((name) => /_ms$|_kib$|guest_id/.test(name));
    for (const name of columns.slice(1)) expect(row[name], name).toBe('');
  });

  it('of a clone has what was stamped inside QEMU', () => {
    const sample = okSample(found(restore), 1, 50);
    if (sample.state !== 'ok') throw new Error('not ok');
    const inside = { stages: { fork: 1.23456 }, insideMarks: { ready: 4.5 } };
    const row = toRecord(runId, { ...sample, ...inside }, found(restore));
    const fields = ['fork_ms', 'inside_ready_ms', 'kvm_ms', 'inside_work_ms'];
    expect(fields.map((name) => row[name])).toEqual(['1.235', '4.500', '', '']);
  });

  it('of a start at a rate says when it was due, and how late the harness was', () => {
    const sample = { ...okSample(found(cold), 1, 60), arrival: { dueMs: 12.34567, lateMs: 0.1 } };
    expect(toRecord(runId, sample, found(cold))).toMatchObject({
      ...{ rate: '0', due_ms: '12.346', late_ms: '0.100' },
    });
    const other = toRecord(runId, okSample(found(cold), 1, 60), found(cold));
    expect([other['due_ms'], other['late_ms']]).toEqual(['', '']);
  });

  it('leaves empty what the host did not tell', () => {
    const sample = okSample(found(cold), 1, 60);
    if (sample.state !== 'ok') throw new Error('not ok');
    const row = toRecord(runId, { ...sample, usage: {} }, found(cold));
    const fields = ['cpu_ms', 'rss_kib', 'pss_kib', 'private_dirty_kib'];
    expect(fields.map((name) => row[name])).toEqual(['', '', '', '']);
  });
});
