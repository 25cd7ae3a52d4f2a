import { describe, expect, it } from 'vitest';

import { Progress, showSeconds } from '../../src/output/progress.js';
import { planOf } from '../plan/planning.js';

const plan = planOf(['guest: tiny, tier: [cold, restore], memory: 32M'], { runs: 2 });

/** What is written while all starts of the plan end, each of them good but the first. */
function written(terminal: { isTTY?: boolean; columns?: number }): string[] {
  const said: string[] = [];
  const progress = new Progress({ write: (text) => said.push(text), ...terminal }, plan);
  plan.starts.forEach(({ cell }, index) => {
    progress.step(cell, index === 0);
  });
  progress.clear();
  return said;
}

describe('progress', () => {
  it('is silent where the output is no terminal', () => {
    expect(written({})).toEqual([]);
    expect(written({ isTTY: false, columns: 80 })).toEqual([]);
  });

  it('is one line that is written again after every start', () => {
    const lines = written({ isTTY: true });
    expect(lines).toHaveLength(plan.starts.length + 1);
    for (const line of lines) expect(line).toMatch(/^\r\x1b\[K[^\r\n]*$/);
    expect(lines[0]).toBe(`\r\x1b[K1/8 starts, 1 failed  ${plan.starts[0]?.cell ?? ''}`);
    expect(lines.at(-2)).toMatch(/8\/8 starts, 1 failed, 0 s left {2}\S+$/);
    expect(lines.at(-1)).toBe('\r\x1b[K');
  });

  it('tells the time left once every cell has been started', () => {
    const lines = written({ isTTY: true });
    expect(lines[0]).not.toContain('left');
    expect(lines[1]).toMatch(/, \d+ s left/);
  });

  it('never wraps', () => {
    for (const line of written({ isTTY: true, columns: 20 })) {
      expect(line.replace('\r\x1b[K', '').length).toBeLessThan(20);
    }
  });
});

describe('a time left', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min 0 s'],
    [3599, '59 min 59 s'],
  ])('of %d s reads %s', (seconds, text) => {
    expect(showSeconds(seconds)).toBe(text);
  });
});
