import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hostFactGroups, hostFactKeys } from '../../src/host/fact-table.js';
import { hostFingerprint, readHostFacts } from '../../src/host/facts.js';
import { factsOf, valueOf } from './fixture-host.js';

describe('a bare-metal Intel host', () => {
  const facts = factsOf('intel');

  it('tells its kernel, distribution and the preemption asked for at boot', () => {
    expect(valueOf(facts.kernelRelease)).toBe('6.1.0-28-amd64');
    expect(valueOf(facts.distribution)).toBe('Debian GNU/Linux 12 (bookworm)');
    expect(valueOf(facts.preemption)).toBe('PREEMPT_DYNAMIC (preempt=voluntary)');
    expect(valueOf(facts.ptraceScope)).toBe('1: descendants only');
  });

  it('tells its processors and what makes their speed vary', () => {
    expect(valueOf(facts.cpuModel)).toBe('Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz');
    expect(valueOf(facts.cpusOnline)).toBe(8);
    expect(valueOf(facts.cpusAllowed)).toBe(4);
    expect(valueOf(facts.smt)).toBe(true);
    expect(valueOf(facts.governor)).toEqual(['powersave']);
    expect(valueOf(facts.turbo)).toMatchObject({ on: true });
    expect(valueOf(facts.numaNodes)).toBe(2);
  });

  it('is not virtualised although its firmware has product strings', () => {
    expect(valueOf(facts.virtualised)).toBe('no');
  });

  it('has a /dev/kvm that opens, backed by kvm_intel with EPT', () => {
    expect(valueOf(facts.kvmDevice)).toEqual({ status: 'usable', mode: '0660' });
    expect(valueOf(facts.kvmModules)).toEqual(['kvm', 'kvm_intel']);
    expect(valueOf(facts.secondLevelPaging)).toMatchObject({ name: 'ept', on: true });
    expect(valueOf(facts.nested)).toBe(true);
  });

  it('makes an NX recovery thread for each VM in a cgroup that does not favour changes', () => {
    expect(valueOf(facts.nxRecovery)).toEqual({
      threadPerVm: true,
      ratio: 60,
      favordynmods: false,
    });
  });

  it('tells its memory in MiB and its hugepages by size', () => {
    expect(valueOf(facts.memoryTotalMiB)).toBe(192382);
    expect(valueOf(facts.swap)).toEqual({ totalMiB: 8192, usedMiB: 102 });
    expect(valueOf(facts.hugepages)).toEqual([
      { sizeKiB: 1048576, total: 0, free: 0 },
      { sizeKiB: 2048, total: 512, free: 500 },
    ]);
    expect(valueOf(facts.thpEnabled)).toBe('always');
    expect(valueOf(facts.thpShmem)).toBe('never');
    expect(valueOf(facts.ksm)).toBe('running');
  });

  it('has cgroup v2 without limits, and the limits of its shell', () => {
    expect(valueOf(facts.cgroup)).toEqual({ mode: 'v2', favordynmods: false });
    expect(valueOf(facts.cpuQuota)).toBeNull();
    expect(valueOf(facts.memoryLimitMiB)).toBeNull();
    expect(valueOf(facts.maxOpenFiles)).toBe(1024);
    expect(valueOf(facts.maxLockedBytes)).toBeNull();
  });

  it('counts the QEMUs that run, and no other program of QEMU', () => {
    expect(valueOf(facts.otherQemus)).toBe(2);
    expect(valueOf(facts.runningTasks)).toEqual({ running: 5, total: 812 });
    expect(valueOf(facts.loadAverage)).toMatchObject({ minutes1: 3.5, minutes15: 1, cpus: 8 });
  });

  it('is published without its hostname', () => {
    expect(JSON.stringify(facts)).not.toContain('secret-name');
  });
});

describe('an AMD host with cgroup v1', () => {
  const facts = factsOf('amd');

  it('is limited by its tightest cgroup, a parent included', () => {
    expect(valueOf(facts.cgroup)).toEqual({ mode: 'v1', favordynmods: true });
    expect(valueOf(facts.cpuQuota)).toBe(4);
    expect(valueOf(facts.memoryLimitMiB)).toBe(4096);
    expect(valueOf(facts.pidsLimit)).toBeNull();
  });

  it('has no memory limit where version 1 gives its largest number', () => {
    const own = '/sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes';
    const facts = factsOf('amd', { [own]: '9223372036854771712\n' });
    expect(valueOf(facts.memoryLimitMiB)).toBeNull();
  });

  it('obeys the last mitigations= of its command line', () => {
    const facts = factsOf('amd', { '/sys/devices/system/cpu/vulnerabilities/mds': 'Not affected' });
    expect(valueOf(facts.mitigations)).toEqual({
      option: 'off',
      vulnerabilities: { mds: 'Not affected' },
    });
  });

  it('has turbo off by the boost switch, NPT off, and no recovery threads', () => {
    expect(valueOf(facts.turbo)).toMatchObject({ on: false });
    expect(valueOf(facts.secondLevelPaging)).toMatchObject({ name: 'npt', on: false });
    expect(valueOf(facts.nested)).toBe(true);
    expect(valueOf(facts.nxRecovery)).toMatchObject({ threadPerVm: false, favordynmods: true });
  });

  it('runs a kernel without preemption, and forbids io_uring', () => {
    expect(valueOf(facts.preemption)).toBe('none or voluntary');
    expect(valueOf(facts.ioUringDisabled)).toBe('2: for all');
  });

  it('counts both versions of cgroup as hybrid', () => {
    const mounts = 'a /one cgroup rw,cpu 0 0\nb /two cgroup2 rw 0 0\n';
    const hybrid = factsOf('amd', { '/proc/mounts': mounts });
    expect(valueOf(hybrid.cgroup)).toEqual({ mode: 'hybrid', favordynmods: false });
  });
});

describe('a virtual machine without KVM', () => {
  const facts = factsOf('vm');

  it('names what it is virtualised by', () => {
    expect(valueOf(facts.virtualised)).toBe('QEMU Standard PC (Q35 + ICH9, 2009)');
  });

  it('misses /dev/kvm, and knows no module', () => {
    expect(valueOf(facts.kvmDevice)).toEqual({ status: 'missing' });
    expect(facts.kvmModules).toEqual({ state: 'unknown', why: '/sys/module: ENOENT' });
  });

  it('is preempted in real time', () => {
    expect(valueOf(facts.preemption)).toBe('PREEMPT_RT');
  });
});

describe('a container with quotas', () => {
  const facts = factsOf('container');

  it('tells them in CPUs, MiB and threads', () => {
    expect(valueOf(facts.cpuQuota)).toBe(1.5);
    expect(valueOf(facts.memoryLimitMiB)).toBe(512);
    expect(valueOf(facts.pidsLimit)).toBe(100);
  });

  it('is refused by a /dev/kvm that cannot be opened for writing', () => {
    expect(valueOf(facts.kvmDevice)).toMatchObject({ status: 'refused', error: 'EISDIR' });
  });
});

describe('a tree with nothing in it', () => {
  const facts = readHostFacts('/nonexistent');

  it('leaves every fact unknown with a reason, except that /dev/kvm is missing', () => {
    const { kvmDevice, ...others } = facts;
    expect(valueOf(kvmDevice)).toEqual({ status: 'missing' });
    expect(Object.values(others).filter((fact) => fact.state === 'known')).toEqual([]);
    expect(Object.values(others).every((fact) => 'why' in fact && fact.why !== '')).toBe(true);
  });

  it('still has a fingerprint', () => {
    expect(hostFingerprint(facts)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a damaged file', () => {
  it('makes its fact unknown and says what it holds', () => {
    const facts = factsOf('intel', { '/sys/kernel/mm/ksm/run': 'perhaps\n' });
    expect(facts.ksm).toEqual({
      state: 'unknown',
      why: '/sys/kernel/mm/ksm/run holds "perhaps", not a number',
    });
  });

  it.each([
    ['/proc/loadavg', '0.5', 'loadAverage'],
    ['/proc/meminfo', 'MemTotal: lots', 'memoryTotalMiB'],
    ['/proc/self/limits', '', 'maxProcesses'],
    ['/sys/kernel/mm/transparent_hugepage/enabled', 'always', 'thpEnabled'],
    ['/proc/mounts', '', 'cgroup'],
    ['/sys/devices/system/cpu/online', '', 'cpusOnline'],
    ['/sys/fs/cgroup/user.slice/cpu.max', 'garbage', 'cpuQuota'],
  ] as const)('never becomes a number: %s', (path, text, key) => {
    expect(factsOf('intel', { [path]: text })[key].state).toBe('unknown');
  });
});

describe('the fingerprint', () => {
  it('is the same for the same host, whatever its load', () => {
    const busy = factsOf('intel', { '/proc/loadavg': '9.00 9.00 9.00 9/900 1' });
    expect(hostFingerprint(busy)).toBe(hostFingerprint(factsOf('intel')));
  });

  it('forgives a memory total that moved by some MiB', () => {
    const moved = factsOf('intel', { '/proc/meminfo': 'MemTotal: 196990000 kB' });
    expect(hostFingerprint(moved)).toBe(hostFingerprint(factsOf('intel')));
  });

  it.each([
    ['/proc/sys/kernel/osrelease', '6.1.0-29-amd64'],
    ['/sys/devices/system/cpu/online', '0-3'],
    ['/proc/cpuinfo', 'model name : other\nflags : fpu'],
    ['/proc/cpuinfo', 'model name : Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz\nflags : hypervisor'],
    ['/proc/meminfo', 'MemTotal: 98304000 kB'],
  ])('changes with %s', (path, text) => {
    const changed = factsOf('intel', { [path]: text });
    expect(hostFingerprint(changed)).not.toBe(hostFingerprint(factsOf('intel')));
  });
});

describe('the table', () => {
  it('shows every fact in exactly one group', () => {
    expect(Object.values(hostFactGroups).flat()).toEqual(hostFactKeys);
  });
});

describe('this host', () => {
  const facts = readHostFacts();
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8' }).trim();

  it('agrees with uname and nproc', () => {
    expect(valueOf(facts.kernelRelease)).toBe(run('uname', '-r'));
    expect(valueOf(facts.kernelVersion)).toBe(run('uname', '-v'));
    expect(valueOf(facts.cpusOnline)).toBe(Number(run('getconf', '_NPROCESSORS_ONLN')));
    expect(valueOf(facts.cpusAllowed)).toBe(Number(run('nproc')));
  });

  it('has memory, some of it available', () => {
    const totalMiB = valueOf(facts.memoryTotalMiB);
    expect(totalMiB).toBeGreaterThan(256);
    expect(valueOf(facts.memoryAvailableMiB)).toBeLessThanOrEqual(totalMiB);
  });
});
