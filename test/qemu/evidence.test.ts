import { describe, expect, it } from 'vitest';

import { observedFields, observedNames } from '../../src/observed.js';
import { drawnSize, observedSize, parseDrawn, parseObserved } from '../../src/qemu/evidence.js';
import { protocol, protocolNumbers } from './protocol.js';

describe('what a guest draws', () => {
  it('is read as the guests write it', () => {
    expect(drawnSize).toBe(protocol('BP_DRAWN_SIZE'));
    const bytes = Buffer.alloc(drawnSize, 0xab);
    bytes.writeBigUInt64LE(123n, protocol('BP_DRAWN_AT'));
    expect(protocol('BP_DRAWN_RANDOM')).toBe(8);
    expect(parseDrawn(bytes)).toEqual({ guestNs: 123n, random: 'ab'.repeat(16) });
  });
});

describe('what a guest tells of itself', () => {
  /** The name in protocol.h of each column. */
  const headerName = (column: string) =>
    `BP_OBSERVED_${column.replace('kernel_text', 'text').toUpperCase()}`;

  it('is where kernels/protocol.h has it, and leaves nothing out', () => {
    const ours = observedNames.map((name) => {
      const { column, at } = observedFields[name];
      return [headerName(column), at];
    });
    const clocks = ['BP_OBSERVED_AT', 'BP_OBSERVED_REALTIME', 'BP_OBSERVED_BOOTTIME'];
    const theirs = [...protocolNumbers].filter(
      ([name]) =>
        name.startsWith('BP_OBSERVED_') && ![...clocks, 'BP_OBSERVED_SIZE'].includes(name),
    );
    expect(new Map(theirs)).toEqual(new Map(ours as [string, number][]));
    expect(clocks.map(protocol)).toEqual([0, 8, 16]);
    expect(observedSize).toBe(protocol('BP_OBSERVED_SIZE'));
  });

  it('fills its place up to the next, in the order of the header', () => {
    const ends = observedNames.map((name) => observedFields[name].at + observedFields[name].bytes);
    const starts = [...observedNames.map((name) => observedFields[name].at), observedSize];
    for (const end of ends) expect(starts).toContain(end);
  });

  it('is empty where the kernel does not tell, and addresses read as numbers', () => {
    const bytes = Buffer.alloc(observedSize);
    bytes.writeBigUInt64LE(0x7ffe_0000_1234n, protocol('BP_OBSERVED_NEW_STACK'));
    bytes.fill(0x5a, protocol('BP_OBSERVED_UUID'), protocol('BP_OBSERVED_BOOT_ID'));
    bytes.writeBigUInt64LE(77n, protocol('BP_OBSERVED_BOOTTIME'));
    const { fields, boottimeNs } = parseObserved(bytes);
    expect(fields).toMatchObject({
      newStack: '00007ffe00001234',
      uuid: '5a'.repeat(16),
      bootId: '',
    });
    expect(boottimeNs).toBe(77n);
  });
});
