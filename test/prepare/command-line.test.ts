import { describe, expect, it } from 'vitest';

import {
  measuredArguments,
  placeholdersOf,
  withMeasured,
  withoutMeasured,
} from '../../src/measured-arguments.js';
import { commandLineOf } from '../../src/prepare/command-line.js';

const own = 'console=ttyS0 quiet panic=-1';
const line = (kernelArguments: string, trace: 'none' | 'initcalls' = 'none') =>
  commandLineOf(own, { kernelArguments, trace });

describe("a cell's kernel arguments", () => {
  it("are added to the guest's own", () => {
    expect(line('')).toBe(own);
    expect(line('no_timer_check a=b')).toBe(`${own} no_timer_check a=b`);
  });

  it('take a word out where it has a minus in front', () => {
    expect(line('-quiet')).toBe('console=ttyS0 panic=-1');
    expect(line('-console=ttyS0 nokaslr')).toBe('quiet panic=-1 nokaslr');
    expect(line('-console')).toBe(own);
  });

  it('leave alone what is for PID 1', () => {
    expect(line('-- -x')).toBe(`${own} --`);
    expect(line('-- x')).toBe(`${own} -- x`);
  });

  it('of a cell that is traced let the kernel time its initcalls', () => {
    expect(line('nokaslr', 'initcalls')).toBe(
      `${own} nokaslr initcall_debug printk.time=1 log_buf_len=1M initramfs_async=0`,
    );
  });
});

describe('an argument whose value is measured', () => {
  it('stands in braces until then', () => {
    const text = 'lpj={lpj} quiet tsc_early_khz={tsc_khz}';
    expect(placeholdersOf(text)).toEqual(['lpj', 'tsc_khz']);
    expect(withoutMeasured(text)).toBe('quiet');
    expect(withMeasured(text, { lpj: '7', tsc_khz: '9' })).toBe('lpj=7 quiet tsc_early_khz=9');
  });

  it("is read from the kernel's log", () => {
    const log = `[    0.040000] tsc: Detected 2097.548 MHz processor
[    0.001061] Calibrating delay loop (skipped), value calculated using timer frequency.. 4195.09 BogoMIPS (lpj=8390192)`;
    expect(measuredArguments.lpj.value(log)).toBe('8390192');
    expect(measuredArguments.tsc_khz.value(log)).toBe('2097548');
    expect(measuredArguments.lpj.value('nothing')).toBeUndefined();
    expect(measuredArguments.tsc_khz.value('nothing')).toBeUndefined();
  });
});
