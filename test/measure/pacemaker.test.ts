import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { msBetween, now } from '../../src/clock.js';
import { Pacemaker } from '../../src/measure/pacemaker.js';
import { home } from '../support/context.js';

const file = join(home, 'dist/measure/pacemaker-thread.js');

describe('a pacemaker', () => {
  it('never says that an instant has come before it has, and says so of each', async () => {
    await using pacemaker = await Pacemaker.create(file);
    const from = now() + 20_000_000n;
    const due = Array.from({ length: 50 }, (_, index) => from + BigInt(index) * 1_234_567n);
    pacemaker.start(due);
    for (const [place, at] of due.entries()) {
      await pacemaker.until(place);
      expect(msBetween(at, now())).toBeGreaterThanOrEqual(0);
    }
  });

  it('does not lose those that came while nobody waited', async () => {
    await using pacemaker = await Pacemaker.create(file);
    pacemaker.start([now(), now(), now() + 5_000_000n]);
    await pacemaker.until(2);
    await pacemaker.until(0);
  });

  it('fails who waits where its thread cannot run', async () => {
    await expect(Pacemaker.create('/nonexistent/thread.js')).rejects.toThrow(/thread\.js/);
  });
});
