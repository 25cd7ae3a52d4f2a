import { describe, expect, it } from 'vitest';

import { insideTimes } from '../../src/measure/inside.js';
import { Start } from '../../src/measure/start.js';
import type { Running } from '../../src/qemu/running.js';
import type { TierName } from '../../src/tiers.js';

function started(tier: TierName, resumedMs: number): Start {
  const start = new Start({
    tier,
    qemuVersion: '7.2.0',
    workingSetMiB: 8,
    timeoutMs: 1000,
    identity: 'seed',
    observeMs: 0,
    ramMiB: 0,
    traced: undefined,
    proof: { nonce: 0n, counter: 2 },
    frames: 'long',
    prepare: () => Promise.reject(new Error('not started')),
  });
  start.machine = { startNs: 1_000_000n } as Running;
  start.marks.resumed = resumedMs;
  return start;
}

const ms = (value: number) => BigInt(Math.round((1 + value) * 1e6));
const stages = {
  request: ms(0.1),
  parked: ms(0.3),
  forked: ms(0.7),
  descriptors: ms(0.8),
  kvm: ms(1.5),
  revived: ms(1.6),
  run: ms(4),
  mark: ms(5),
};

describe('the stages inside a clone', () => {
  it('add up to the first mark, each from the end of the one before', () => {
    const { stages: times } = insideTimes(started('fork-loaded', 0.9), { stages, marks: [] });
    expect(times.request).toBeCloseTo(0.1);
    expect(times.park).toBeCloseTo(0.2);
    expect(times.kvm).toBeCloseTo(0.7);
    expect(times.load).toBeUndefined();
    expect(times.continue).toBeCloseTo(2.4);
    expect(Object.values(times).reduce((sum, part) => sum + part, 0)).toBeCloseTo(5);
  });

  it('have a load where the clone loads the template itself', () => {
    const { stages: times } = insideTimes(started('fork', 3.6), { stages, marks: [] });
    expect(times.load).toBeCloseTo(2);
    expect(times.continue).toBeCloseTo(0.4);
    expect(Object.values(times).reduce((sum, part) => sum + part, 0)).toBeCloseTo(5);
  });

  it('leave out what did not happen: no KVM_RUN under TCG', () => {
    const { run, ...tcg } = stages;
    expect(run).toBeDefined();
    const { stages: times } = insideTimes(started('fork-loaded', 0.9), { stages: tcg, marks: [] });
    expect(times.continue).toBeUndefined();
    expect(times.first_mark).toBeCloseTo(3.4);
  });

  it('are none for a QEMU that is no clone', () => {
    expect(insideTimes(started('cold', 0), undefined)).toEqual({ stages: {}, insideMarks: {} });
  });
});

describe('the marks inside', () => {
  it('take the first ready and the last work: the answer between may hold any byte', () => {
    const marks = [0x94, 0x96, 0x95, 0x94, 0x95].map((code, i) => ({ code, atNs: ms(i + 1) }));
    const { insideMarks } = insideTimes(started('fork', 1), { stages, marks });
    expect(insideMarks.ready).toBeCloseTo(1);
    expect(insideMarks.work).toBeCloseTo(5);
  });
});

describe('the answer on a console, as the library stamped it', () => {
  it('came with its last byte, after the echo of what was asked', () => {
    const start = new Start({
      ...started('fork-loaded', 0.9).spec,
      ready: { line: 'up', ask: { send: 'say {nonce}\n', answer: '^heard {nonce}$' } },
    });
    start.machine = { startNs: 1_000_000n } as Running;
    const told = `say ${start.consoleNonce}\r\nheard ${start.consoleNonce}`;
    const marks = Array.from(told, (letter, index) => ({
      code: letter.charCodeAt(0),
      atNs: ms(index),
    }));
    const { insideMarks } = insideTimes(start, { stages, marks });
    expect(insideMarks).toEqual({ ready: told.length - 1 });
    expect(insideTimes(start, { stages, marks: marks.slice(0, -1) }).insideMarks).toEqual({});
  });
});
