import { describe, expect, it } from 'vitest';

import { takeCalibration, unlessAborted, type Probe } from '../../src/calibrate/calibrate.js';
import { measuredEntry } from '../../src/calibrate/entry.js';
import { inProcessProbes } from '../../src/calibrate/in-process.js';
import { latenessByCell } from '../../src/calibrate/lateness.js';
import { preloadProbe } from '../../src/calibrate/preload.js';
import { calibrationTable, unmeasuredLines } from '../../src/calibrate/show.js';
import { InterruptedError } from '../../src/errors.js';

const never = new AbortController().signal;
const twenty: Probe = {
  label: 'twenty',
  measure: () => Promise.resolve(measuredEntry('twenty', [20])),
};
const endless: Probe = {
  label: 'endless',
  measure: (signal) => unlessAborted(new Promise<never>(() => undefined), signal),
};

describe('a calibration', () => {
  it('says why a part could not be measured, and goes on with the next', async () => {
    const broken: Probe = { label: 'kvm', measure: () => Promise.reject(new Error('no /dev/kvm')) };
    const { entries } = await takeCalibration([broken, twenty], never);
    expect(entries.map(({ state }) => state)).toEqual(['unmeasured', 'measured']);
    expect(unmeasuredLines(entries)).toEqual(['kvm: not measured, because no /dev/kvm']);
    expect(calibrationTable(entries)[1]).toEqual(['twenty', '1', '20.00', '-', '20.00']);
  });

  it('does not wait for what never answers', async () => {
    const { entries } = await takeCalibration([endless, twenty], never, 30);
    expect(entries[0]).toMatchObject({ state: 'unmeasured', why: 'no answer within 0.03 s' });
    expect(entries[1]).toMatchObject({ state: 'measured' });
  });

  it('is interrupted by the signal', async () => {
    const interrupt = new AbortController();
    const taking = takeCalibration([endless], interrupt.signal);
    interrupt.abort(new Error('interrupted'));
    await expect(taking).rejects.toThrow(InterruptedError);
  });

  it('refuses a p90 below 29 samples, as every other figure does', () => {
    const values = Array.from({ length: 29 }, (_, index) => index);
    expect(measuredEntry('x', values.slice(1)).p90Ms).toBeUndefined();
    expect(measuredEntry('x', values).p90Ms).toBeCloseTo(25.2, 9);
  });

  it('finds the in-process parts far below a tenth of a millisecond', async () => {
    const { entries } = await takeCalibration(inProcessProbes, never);
    expect(entries).toHaveLength(3);
    for (const entry of entries) {
      if (entry.state !== 'measured') throw new Error(entry.why);
      expect(entry.n).toBe(50);
      expect(entry.p50Ms).toBeGreaterThan(0);
      expect(entry.p50Ms).toBeLessThan(0.1);
    }
  });
});

describe('the cost of preloading', () => {
  it('is the shift between the two kinds of start, which take turns', async () => {
    const order: boolean[] = [];
    const start = (preloaded: boolean) => {
      order.push(preloaded);
      return Promise.resolve(50 + (order.length % 3) * 0.01 + (preloaded ? 3 : 0));
    };
    const entry = await preloadProbe(start, 12).measure(never);
    if (entry.state !== 'measured') throw new Error(entry.why);
    expect(entry.n).toBe(24);
    expect(entry.p50Ms).toBeCloseTo(3, 1);
    const [lower = 0, upper = 0] = entry.intervalMs ?? [];
    expect(lower).toBeGreaterThan(2.9);
    expect(upper).toBeLessThan(3.1);
    expect(order.slice(2, 6)).toEqual([false, true, true, false]);
  });
});

describe('how late the harness was', () => {
  const sample = (ready: string, inside: string, phase = 'measure', state = 'ok') => ({
    ...{ cell: 'fork/tiny', phase, state, ready_ms: ready, inside_ready_ms: inside },
  });

  it('is taken start by start, of measured starts that succeeded and were stamped', () => {
    const late = latenessByCell([
      ...[sample('9', '1', 'warmup'), sample('9', '1', 'measure', 'failed'), sample('9', '')],
      ...[sample('5.1', '5'), sample('7.3', '7'), sample('6.2', '6')],
      { ...sample('60', ''), cell: 'cold/tiny' },
    ]);
    expect([...late.keys()]).toEqual(['fork/tiny']);
    expect(late.get('fork/tiny')?.n).toBe(3);
    expect(late.get('fork/tiny')?.p50Ms).toBeCloseTo(0.2, 9);
  });
});
