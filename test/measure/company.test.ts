import { describe, expect, it } from 'vitest';

import { Barrier, burst } from '../../src/measure/company.js';

function ticks(count = 20): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number) => (left === 0 ? resolve() : void setImmediate(next, left - 1));
    next(count);
  });
}

describe('a barrier', () => {
  it('opens when all have arrived, and closes behind them', async () => {
    const barrier = new Barrier(2);
    const seen: string[] = [];
    const walk = async (name: string, waitFirst: boolean) => {
      if (waitFirst) await ticks();
      seen.push(`${name} came`);
      await barrier.arrive();
      seen.push(`${name} passed`);
      await barrier.arrive();
    };
    await Promise.all([walk('a', false), walk('b', true)]);
    expect(seen).toEqual(['a came', 'b came', 'a passed', 'b passed']);
  });

  it('does not wait for one that left', async () => {
    const barrier = new Barrier(3);
    const others = Promise.all([barrier.arrive(), barrier.arrive()]);
    barrier.leave();
    await others;
  });
});

describe('the company of a burst', () => {
  it.each(['clone', 'spawn'] as const)('begins none before all are ready (%s)', async (begins) => {
    const company = burst(3, begins);
    const begun: bigint[] = [];
    const begin = () => company.begin((startNs) => begun.push(startNs ?? 0n));
    const first = [begin(), begin()];
    await ticks();
    expect(begun).toEqual([]);
    await Promise.all([...first, begin()]);
    expect(begun).toHaveLength(3);
    // One instant for all of them: what one waits for the others is in its time.
    expect(new Set(begun).size).toBe(1);
    expect(begun[0]).toBeGreaterThan(0n);
  });

  it('asks for all clones in one turn, and spawns each process in one of its own', async () => {
    const turnsOf = async (begins: 'clone' | 'spawn') => {
      const company = burst(3, begins);
      let turn = 0;
      const counting = setInterval(() => undefined, 1000);
      const count = () => {
        turn += 1;
        if (turn < 50) setImmediate(count);
      };
      const turns: number[] = [];
      const all = [1, 2, 3].map(() => company.begin(() => turns.push(turn)));
      count();
      await Promise.all(all);
      clearInterval(counting);
      return new Set(turns).size;
    };
    expect(await turnsOf('clone')).toBe(1);
    expect(await turnsOf('spawn')).toBe(3);
  });

  it('hands on what hinders one, and lets the others go', async () => {
    const company = burst(2, 'clone');
    const failing = company.begin(() => {
      throw new Error('no descriptor is left');
    });
    const other = company.begin(() => 'begun');
    await expect(failing).rejects.toThrow('no descriptor is left');
    expect(await other).toBe('begun');
    company.leave();
    await company.rest();
  });
});
