import { describe, expect, it } from 'vitest';
import { describeKvmSpeed, judgeKvmSpeed } from '../../src/host/kvm-speed.js';

describe('the speed of guests under KVM', () => {
  it.each([
    ['a module that interprets the guest', 2e6, 'emulated'],
    ['a translator', 1e8, 'emulated'],
    ['a slow processor', 1e9, 'native'],
    ['a fast processor', 9e9, 'native'],
  ])('of %s is told apart', (_, perSecond, kind) => {
    expect(judgeKvmSpeed(perSecond)).toMatchObject({ state: 'measured', kind });
  });

  it.each([0, -1, NaN, Infinity])('is not known from %d', (perSecond) => {
    expect(judgeKvmSpeed(perSecond).state).toBe('unmeasured');
  });

  it('is shown as a sentence', () => {
    expect(describeKvmSpeed(judgeKvmSpeed(2_130_000))).toBe(
      'KVM emulates guests here: 2.1 million guest instructions a second, where hardware runs 1000 million and more',
    );
    expect(describeKvmSpeed(judgeKvmSpeed(3.2e9))).toBe(
      'KVM runs guests natively: 3200 million guest instructions a second',
    );
    expect(describeKvmSpeed({ state: 'unmeasured', why: 'no /dev/kvm' })).toBe(
      "KVM's speed is unknown: no /dev/kvm",
    );
  });
});
