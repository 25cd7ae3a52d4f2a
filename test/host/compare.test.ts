import { describe, expect, it } from 'vitest';
import { comparableHosts, type HostRecord } from '../../src/host/compare.js';
import { judgeKvmSpeed } from '../../src/host/kvm-speed.js';
import { factsOf } from './fixture-host.js';

function record(replaced: Record<string, string> = {}, perSecond = 3e9): HostRecord {
  return { facts: factsOf('intel', replaced), kvm: judgeKvmSpeed(perSecond) };
}

const thp = '/sys/kernel/mm/transparent_hugepage/enabled';

describe('two runs', () => {
  it('of one host are comparable, whatever its load was', () => {
    const busy = record({ '/proc/loadavg': '9.00 9.00 9.00 9/900 1', '/proc/4001/comm': 'sh' });
    expect(comparableHosts(record(), busy)).toEqual({ comparable: true, differences: [] });
  });

  it('are comparable when one does not know what changes by the minute', () => {
    const compared = comparableHosts(record(), record({ '/proc/loadavg': '' }));
    expect(compared.differences).toEqual([]);
  });

  it('are comparable after one came back from a file', () => {
    const stored = JSON.parse(JSON.stringify(record())) as HostRecord;
    expect(comparableHosts(stored, record()).differences).toEqual([]);
  });

  it.each([
    ['kernelRelease', '/proc/sys/kernel/osrelease', '6.12.0'],
    ['cpuModel', '/proc/cpuinfo', 'model name : other\nmicrocode : 0x5003604\nflags : fpu'],
    ['cpusOnline', '/sys/devices/system/cpu/online', '0-3'],
    ['kvmModules', '/sys/module/kvm_pvm/parameters/force', 'N'],
    ['mitigations', '/proc/cmdline', 'preempt=voluntary mitigations=off'],
    ['governor', '/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor', 'performance'],
    ['thpEnabled', thp, 'always madvise [never]'],
    ['cgroup', '/proc/mounts', 'cgroup2 /sys/fs/cgroup cgroup2 rw,favordynmods 0 0'],
    ['cpuQuota', '/sys/fs/cgroup/user.slice/cpu.max', '50000 100000'],
  ])('that differ in %s are not comparable', (key, path, text) => {
    const { comparable, differences } = comparableHosts(record(), record({ [path]: text }));
    expect(comparable).toBe(false);
    expect(differences).toContainEqual(expect.objectContaining({ key, severity: 'blocks' }));
  });

  it('with other nx_huge_pages are not comparable', () => {
    const never = record({ '/sys/module/kvm/parameters/nx_huge_pages': 'never' });
    const keys = comparableHosts(record(), never).differences.map(({ key }) => key);
    expect(keys).toEqual(['nxHugePages', 'nxRecovery']);
  });

  it('on native and on emulated KVM are not comparable', () => {
    expect(comparableHosts(record(), record({}, 2e6))).toEqual({
      comparable: false,
      differences: [
        {
          key: 'kvmSpeed',
          label: 'KVM speed',
          severity: 'blocks',
          base: 'native',
          candidate: 'emulated',
        },
      ],
    });
  });

  it('are comparable with a warning when a speed was not measured', () => {
    const differences = comparableHosts(record(), record({}, NaN)).differences;
    expect(differences).toMatchObject([{ key: 'kvmSpeed', severity: 'warns' }]);
  });

  it('are comparable with a warning when the microcode changed', () => {
    const cpu = 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz';
    const cpuinfo = `model name : ${cpu}\nmicrocode : 0x1\nflags : fpu`;
    const compared = comparableHosts(record(), record({ '/proc/cpuinfo': cpuinfo }));
    const shown = { severity: 'warns', base: '0x5003604', candidate: '0x1' };
    expect(compared).toMatchObject({ comparable: true, differences: [shown] });
  });

  it('are comparable with a warning when a fact is known on one side only', () => {
    const compared = comparableHosts(record(), record({ [thp]: 'nothing selected' }));
    const shown = { key: 'thpEnabled', severity: 'warns', base: 'always' };
    expect(compared).toMatchObject({ comparable: true, differences: [shown] });
  });

  it('list what blocks before what warns', () => {
    const cpuinfo = 'model name : x\nmicrocode : 0x1\nflags : fpu';
    const other = record({ '/proc/cpuinfo': cpuinfo, '/etc/os-release': 'PRETTY_NAME=Arch' });
    const { differences } = comparableHosts(record(), other);
    expect(differences.map(({ severity }) => severity)).toEqual(['blocks', 'warns', 'warns']);
  });
});
