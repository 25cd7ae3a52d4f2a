import { describe, expect, it } from 'vitest';

import { takeCalibration } from '../../src/calibrate/calibrate.js';
import type { CalibrationEntry } from '../../src/calibrate/entry.js';
import { shortProbes } from '../../src/calibrate/probes.js';
import { toolsOf } from '../../src/calibrate/tools.js';
import { fakeQemu, home, testContext } from '../support/context.js';
import { processesWith } from '../support/processes.js';

function entryOf(entries: readonly CalibrationEntry[], words: string): CalibrationEntry {
  const found = entries.find(({ label }) => label.includes(words));
  if (found === undefined) throw new Error(`no entry "${words}"`);
  return found;
}

describe('a short calibration on this host', () => {
  it('measures marks, spawning and a round trip, and leaves no process', async () => {
    const context = testContext(home);
    const probes = shortProbes({
      tools: toolsOf(context),
      qemu: () => fakeQemu,
      base: () => Promise.reject(new Error('no cell of this run is cloned')),
    });
    const { entries } = await takeCalibration(probes, context.signal);
    for (const words of ["a mark's write", 'spawning', 'round trip']) {
      const entry = entryOf(entries, words);
      if (entry.state !== 'measured') throw new Error(`${words}: ${entry.why}`);
      expect(entry.n).toBe(30);
      expect(entry.p50Ms).toBeGreaterThan(0);
      expect(entry.p50Ms).toBeLessThan(100);
      expect(entry.p90Ms).toBeGreaterThanOrEqual(entry.p50Ms);
    }
    expect(entryOf(entries, 'clone request')).toMatchObject({
      ...{ state: 'unmeasured', why: 'no cell of this run is cloned' },
    });
    expect(await processesWith('read -r mark')).toEqual([]);
  });
});
