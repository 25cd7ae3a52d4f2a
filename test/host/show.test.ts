import { describe, expect, it } from 'vitest';
import { hostAbilities } from '../../src/host/abilities.js';
import { judgeKvmSpeed } from '../../src/host/kvm-speed.js';
import type { InspectedQemu } from '../../src/host/qemu.js';
import { hostReport, hostReportText, hostWarnings } from '../../src/host/show.js';
import { factsOf } from './fixture-host.js';

const native = judgeKvmSpeed(3e9);

function qemu(accelerators: string[], machines: string[]): InspectedQemu {
  const full = 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)';
  const version = { full, short: '7.2.22', distribution: 'Debian 1:7.2+dfsg-7' };
  const folders = { dataDirectories: ['/usr/share/qemu'], besideDirectories: [] };
  const binary = '/usr/bin/qemu-system-x86_64';
  return {
    state: 'usable',
    qemu: { binary, sha256: 'ab'.repeat(32), version, machines, accelerators, ...folders },
  };
}

const full = qemu(['tcg', 'kvm'], ['microvm', 'pc', 'pc-i440fx-7.2', 'q35']);
const unusable: InspectedQemu = { state: 'unusable', binary: '/opt/qemu', why: 'no such file' };

describe('the report of a host', () => {
  it.each([
    ['intel', native],
    ['vm', { state: 'unmeasured', why: '/dev/kvm is missing' } as const],
  ])('%s reads as its golden file', async (name, kvm) => {
    const text = hostReportText(hostReport(factsOf(name), [full, unusable], kvm));
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it('says "none" where there is nothing to list', () => {
    const text = hostReportText(hostReport(factsOf('intel'), [], native));
    expect(text).toContain('\n\nQEMU\n  none\n\n');
  });

  it('is plain data under stable keys', () => {
    const report = hostReport(factsOf('amd'), [full], native);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(Object.keys(report)).toEqual(['canRun', 'kvmSpeed', 'qemus', 'facts', 'warnings']);
  });
});

describe('the warnings', () => {
  const warned = (name: string) => hostWarnings(factsOf(name)).map(({ fact }) => fact);

  it('name what makes the numbers of a bare-metal host vary', () => {
    expect(warned('intel')).toEqual([
      'smt',
      'governor',
      'turbo',
      'numaNodes',
      'nxRecovery',
      'swap',
      'ksm',
      'maxOpenFiles',
      'loadAverage',
      'otherQemus',
    ]);
  });

  it('are silent about what was put in order', () => {
    expect(warned('amd')).toEqual(['clocksource', 'secondLevelPaging', 'cpuQuota']);
  });

  it('name the limits of a container', () => {
    const limits = ['kvmDevice', 'secondLevelPaging', 'nxRecovery'];
    expect(warned('container')).toEqual([...limits, 'cpuQuota', 'memoryLimitMiB', 'pidsLimit']);
  });

  it.each([
    ['/sys/module/kvm/parameters/nx_huge_pages', 'never'],
    ['/proc/mounts', 'cgroup2 /sys/fs/cgroup cgroup2 rw,favordynmods 0 0'],
  ])('do not mention the NX recovery thread once %s was changed', (path, text) => {
    const facts = hostWarnings(factsOf('intel', { [path]: text })).map(({ fact }) => fact);
    expect(facts).not.toContain('nxRecovery');
  });

  it('say how to undo turbo on the driver that is there', () => {
    const boost = { '/sys/devices/system/cpu/cpufreq/boost': '1\n' };
    const [warning] = hostWarnings(factsOf('amd', boost)).filter(({ fact }) => fact === 'turbo');
    expect(warning?.do).toContain('echo 0 > /sys/devices/system/cpu/cpufreq/boost');
  });
});

describe('what a host can run', () => {
  const answers = (name: string, qemus: InspectedQemu[], kvm = native) =>
    hostAbilities({ facts: factsOf(name), qemus, kvm, runtimes: new Map() });

  it('is Linux on KVM when KVM is native', () => {
    expect(answers('intel', [full]).linuxOnKvm.answer).toBe('yes');
  });

  it('is no Linux on a KVM that emulates, and says what to do instead', () => {
    const { kvm, linuxOnKvm } = answers('intel', [full], judgeKvmSpeed(2e6));
    expect(kvm.answer).toBe('yes');
    expect(linuxOnKvm).toMatchObject({ answer: 'no' });
    expect(linuxOnKvm.why).toContain('Linux under TCG (--accel tcg)');
  });

  it('is unknown for Linux on KVM until its speed was measured', () => {
    const unmeasured = { state: 'unmeasured', why: 'asked not to' } as const;
    expect(answers('intel', [full], unmeasured).linuxOnKvm.answer).toBe('unknown');
  });

  it('is nothing on KVM where the device is missing or refuses', () => {
    expect(answers('vm', [full]).kvm).toMatchObject({ answer: 'no' });
    expect(answers('container', [full]).kvm.why).toContain('EISDIR');
    expect(answers('container', [full]).linuxOnKvm.answer).toBe('no');
  });

  it('depends on what the QEMUs found here were built with', () => {
    const small = qemu(['tcg'], ['pc']);
    const { kvm, tcg, microvm } = answers('intel', [small, unusable]);
    expect([kvm, tcg, microvm].map(({ answer }) => answer)).toEqual(['no', 'yes', 'no']);
    expect(kvm.why).toBe('no QEMU found here has accelerator kvm; give another: --qemu PATH');
  });

  it('is nothing without a QEMU', () => {
    const { kvm, tcg, microvm } = answers('intel', [unusable]);
    expect([kvm, tcg, microvm].map(({ answer }) => answer)).toEqual(['no', 'no', 'no']);
  });

  it('includes templates in hugetlbfs only where a hugepage is free', () => {
    expect(answers('intel', [full]).templatesInHugetlbfs.why).toBe('500 free of 2048 kB');
    const taken = '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages';
    const facts = factsOf('intel', { [taken]: '0\n' });
    const { templatesInHugetlbfs } = hostAbilities({
      facts,
      qemus: [full],
      kvm: native,
      runtimes: new Map(),
    });
    expect(templatesInHugetlbfs.answer).toBe('no');
  });

  it('includes templates in tmpfs only where /dev/shm is a tmpfs we may write to', () => {
    const value = { tmpfs: true, freeMiB: 900, writable: true };
    const answer = (changed: Partial<typeof value>) => {
      const sharedMemory = { state: 'known' as const, value: { ...value, ...changed } };
      const facts = { ...factsOf('intel'), sharedMemory };
      return hostAbilities({ facts, qemus: [full], kvm: native, runtimes: new Map() })
        .templatesInTmpfs.answer;
    };
    expect([answer({}), answer({ tmpfs: false }), answer({ writable: false })]).toEqual([
      'yes',
      'no',
      'no',
    ]);
  });
});
