import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { guestCodes, markNames, markProblem, marks, type MarkName } from '../src/marks.js';
import { syncText } from '../src/measure/boot/boot-trace.js';
import { tiers, tierNames } from '../src/tiers.js';
import { protocolNumbers } from './qemu/protocol.js';

describe('the codes on the mark port', () => {
  it('are those of kernels/protocol.h', () => {
    const codes = [...protocolNumbers]
      .filter(
        ([name, value]) =>
          /^BP_(MARK_\w+|DATA|ERROR|DRAWN|OBSERVED|LOG)$/.test(name) && value >= 0x80,
      )
      .map(([name, value]) => [name.replace(/^BP_(MARK_)?/, ''), value]);
    expect(codes).toHaveLength(13);
    expect(Object.fromEntries(codes)).toEqual(guestCodes);
  });

  it('are accompanied by the line that PID 1 writes into the log', () => {
    const header = readFileSync(join(import.meta.dirname, '../kernels/protocol.h'), 'utf8');
    expect(/^#define BP_SYNC_TEXT "(.*)"$/m.exec(header)?.[1]).toBe(syncText);
  });

  it('can never be console text', () => {
    for (const code of Object.values(guestCodes)) expect(code).toBeGreaterThan(0x7f);
  });
});

describe('the marks', () => {
  it('have a column each', () => {
    expect(markNames.map((name) => marks[name].column)).toEqual(
      markNames.map((name) => `${name}_ms`),
    );
  });

  it('of a tier are in the order in which they cause one another', () => {
    for (const tier of tierNames) {
      const required: readonly MarkName[] = tiers[tier].marks;
      for (const [index, name] of required.entries()) {
        for (const cause of marks[name].after) expect(required.slice(index)).not.toContain(cause);
      }
    }
  });
});

describe('a start is not complete', () => {
  const required = tiers.cold.marks;
  const whole = { vmm_ready: 40, kernel: 45, init: 46, ready: 50, work: 51, exit: 60 };

  it('unless every mark is there and in order', () => {
    expect(markProblem(whole, required)).toBeUndefined();
  });

  it.each(Object.keys(whole) as (keyof typeof whole)[])('without %s', (name) => {
    expect(markProblem({ ...whole, [name]: undefined }, required)).toBe(
      `mark "${name}" was not delivered`,
    );
  });

  it.each([
    ['init', 44, 'mark "init" at 44.000 ms precedes "kernel" at 45.000 ms'],
    ['ready', 45.5, 'mark "ready" at 45.500 ms precedes "init" at 46.000 ms'],
    ['work', 49.9994, 'mark "work" at 49.999 ms precedes "ready" at 50.000 ms'],
    ['exit', 50, 'mark "exit" at 50.000 ms precedes "work" at 51.000 ms'],
  ])('when %s comes too early', (name, at, problem) => {
    expect(markProblem({ ...whole, [name]: at }, required)).toBe(problem);
  });

  it('when a restored guest was ready before it was resumed', () => {
    const early = { vmm_ready: 40, resumed: 52, ready: 50, work: 51, exit: 60 };
    expect(markProblem(early, tiers.restore.marks)).toContain('"ready" at 50.000 ms precedes');
  });

  it('but the monitor may answer after a fast guest: their channels are not ordered', () => {
    expect(markProblem({ ...whole, vmm_ready: 55 }, required)).toBeUndefined();
  });

  it('and marks of the same instant are in order', () => {
    expect(markProblem({ ...whole, init: 50, ready: 50, work: 50 }, required)).toBeUndefined();
  });
});
