import { describe, expect, it } from 'vitest';

import { accelLabel } from '../../src/results/record.js';
import { emulated, hostWith, idsOf, native, planOf } from './planning.js';

const both = 'guest: tiny, tier: [fork-loaded, crun, runc], memory: 32M';

describe('a container', () => {
  it('has its own id beside the machine it is compared with', () => {
    expect(idsOf([both])).toEqual([
      'fork-loaded/tiny/kvm/32M',
      'crun/init/none/32M',
      'runc/init/none/32M',
    ]);
  });

  it('has nothing of a virtual machine', () => {
    const [cell] = planOf(['guest: tiny, tier: crun, vcpus: 2, machine: pc']).cells;
    expect(cell).toMatchObject({
      ...{ accel: 'none', qemu: 'crun', qemuVersion: 'crun 1.8.1', machine: 'none', vcpus: 0 },
      ...{ firmware: 'none', cpu: 'none', backing: 'none' },
      guest: { kind: 'program', name: 'init' },
    });
  });

  it('is one, however many machines are beside it', () => {
    const many = 'guest: tiny, tier: [cold, crun], machine: [pc, q35], vcpus: [1, 2], memory: 32M';
    const ids = idsOf([many]);
    expect(ids.filter((id) => id.startsWith('crun/'))).toEqual(['crun/init/none/32M']);
    expect(ids).toHaveLength(5);
  });

  it('varies with what it has: memory and working set', () => {
    expect(idsOf(['guest: tiny, tier: crun, memory: 32M, workingSet: [1M, 8M]'])).toEqual([
      'crun/init/none/32M/work-1M',
      'crun/init/none/32M/work-8M',
    ]);
  });

  it('needs neither QEMU nor KVM', () => {
    const host = hostWith({ qemus: new Map() });
    expect(planOf(['guest: tiny, tier: crun'], {}, host).skipped).toEqual([]);
    expect(planOf(['guest: tiny, tier: crun'], { accel: 'kvm' }, host).skipped).toEqual([]);
  });

  it('is skipped where its runtime is missing or does not work, with what to do', () => {
    const why = 'crun is not installed; install the package crun';
    const host = hostWith({
      runtimes: new Map([['crun', { state: 'unusable', name: 'crun', why }]]),
    });
    const { skipped } = planOf([both], {}, host);
    expect(skipped.map(({ cell, because }) => [cell.tier, because])).toEqual([
      ['crun', why],
      ['runc', 'runc was not looked for'],
    ]);
  });

  it('is refused a cold page cache and too little memory', () => {
    const reasons = (entry: string) => planOf([entry]).skipped.map(({ because }) => because);
    expect(reasons('guest: tiny, tier: crun, pageCache: cold')[0]).toContain('"crun" does not');
    expect(reasons('guest: tiny, tier: crun, memory: 8M')[0]).toContain('needs at least 12 MiB');
  });

  it('is started by itself: neither in a burst, nor alive with others, nor at a rate, nor observed', () => {
    const reason = (knob: string) =>
      planOf([`guest: tiny, tier: crun, ${knob}`]).skipped[0]?.because;
    expect(reason('concurrency: 10')).toContain('containers are started one at a time');
    expect(reason('alive: 10')).toContain('containers are started one at a time');
    expect(reason('rate: 10')).toContain('containers are started one at a time');
    expect(reason('observe: 20ms')).toContain('"crun" has no "observe"');
    expect(planOf(['guest: tiny, tier: crun']).skipped).toEqual([]);
  });

  it('is called neither KVM nor emulated', () => {
    for (const kvm of [native, emulated]) expect(accelLabel('none', kvm)).toBe("host's kernel");
  });
});
