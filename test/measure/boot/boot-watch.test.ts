import { describe, expect, it } from 'vitest';

import { BootWatch } from '../../../src/measure/boot/boot-watch.js';
import { isTrace } from '../../../src/qemu/trace.js';

const line = (time: string, key: string) =>
  `${time}fw_cfg_select 0x563336 key 0x${key} 'x', ret: 1\n`;

describe('what QEMU says of the loader', () => {
  it('counts where a part of the kernel is asked for, and not where the firmware asks else', () => {
    const seen = new BootWatch();
    seen.said(line('', '0019') + line('', '0008') + line('', '002c') + line('', '0018'), 7n);
    expect(seen.loadedNs).toEqual([7n, 7n]);
  });

  it('has the instants at which QEMU wrote it, by the line that was heard soonest', () => {
    const seen = new BootWatch();
    seen.said(line('1@1700000000.000500:', '0008'), 1_000_000n);
    seen.said(
      line('1@1700000000.004000:', '0011') + line('1@1700000000.005000:', '0014'),
      9_000_000n,
    );
    // The first was heard 0 late, the two others 4.5 and 3.5 ms.
    expect(seen.loadedNs).toEqual([1_000_000n, 4_500_000n, 5_500_000n]);
  });

  it('may come in pieces', () => {
    const seen = new BootWatch();
    const whole = line('', '0017');
    seen.said(whole.slice(0, 20), 1n);
    seen.said(whole.slice(20), 2n);
    expect(seen.loadedNs).toEqual([2n]);
  });

  it('is told from complaints', () => {
    expect(isTrace(line('1@1700000000.000500:', '0008').trim())).toBe(true);
    expect(isTrace('qemu-system-x86_64: could not load kernel')).toBe(false);
  });
});
