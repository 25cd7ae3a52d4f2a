import { describe, expect, it } from 'vitest';

import {
  answerSize,
  burnFrame,
  frameSizes,
  goFrame,
  guestId,
  parseAnswer,
  sealFrame,
} from '../../src/qemu/frames.js';
import { protocol } from './protocol.js';

const seed = Buffer.from(Array.from({ length: 32 }, (_, index) => 100 + index));
const unwatched = { hwrng: false, observeMs: 0, log: false };
const go = {
  identity: 0x0102030405060708n,
  seed,
  reseed: true,
  workingSetMiB: 0x1122,
  ...unwatched,
};

describe('a frame', () => {
  const at = (name: string) => protocol(`BP_AT_${name}`);

  const lengths = [
    { length: 'short', seedBytes: 2, flag: 0, size: 'BP_FRAME_SIZE' },
    { length: 'long', seedBytes: 32, flag: protocol('BP_FLAG_LONG'), size: 'BP_LONG_FRAME_SIZE' },
  ] as const;

  it.each(lengths)('to go, $length, has its fields where the guests read them', (given) => {
    const frame = goFrame(go, given.length);
    expect(frame).toHaveLength(protocol(given.size));
    expect(frame.readUInt8(at('MAGIC'))).toBe(protocol('BP_FRAME_MAGIC'));
    const kind = protocol('BP_GO') | protocol('BP_FLAG_RESEED') | given.flag;
    expect(frame.readUInt8(at('KIND'))).toBe(kind);
    expect(frame.readUInt16LE(at('WORK_MIB'))).toBe(go.workingSetMiB);
    expect(frame.readBigUInt64LE(at('NONCE'))).toBe(go.identity);
    const part = seed.subarray(0, given.seedBytes);
    expect(frame.subarray(at('SEED'), at('SEED') + given.seedBytes)).toEqual(part);
  });

  it('to go without fresh randomness says so', () => {
    const frame = goFrame({ ...go, reseed: false }, 'short');
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_GO'));
  });

  it('to go asks for the hardware generator, and to be observed for so long', () => {
    const asked = { ...go, reseed: false, hwrng: true, observeMs: 0x01020304 };
    const frame = goFrame(asked, 'long');
    const wanted = protocol('BP_FLAG_HWRNG') | protocol('BP_FLAG_OBSERVE');
    const kind = protocol('BP_GO') | protocol('BP_FLAG_LONG') | wanted;
    expect(frame.readUInt8(at('KIND'))).toBe(kind);
    expect(frame.readUInt32LE(at('OBSERVE_MS'))).toBe(0x01020304);
    expect(() => goFrame(asked, 'short')).toThrow('cannot ask to be observed');
  });

  it('has flags and kinds that do not overlap', () => {
    const flags = ['LOG', 'RESEED', 'HWRNG', 'OBSERVE', 'LONG'].map((name) =>
      protocol(`BP_FLAG_${name}`),
    );
    const all = flags.reduce((sum, flag) => sum + flag, protocol('BP_KIND_MASK'));
    expect(all).toBe(0xff);
  });

  it('to seal carries the nonce', () => {
    const frame = sealFrame(2n ** 64n - 1n, 'long');
    expect(frame).toHaveLength(frameSizes.long);
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_SEAL') | protocol('BP_FLAG_LONG'));
    expect(frame.readBigUInt64LE(at('NONCE'))).toBe(2n ** 64n - 1n);
  });

  it('to burn carries the number of iterations', () => {
    const frame = burnFrame(123_456);
    expect(frame).toHaveLength(frameSizes.short);
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_BURN'));
    expect(frame.readBigUInt64LE(at('NONCE'))).toBe(123_456n);
  });

  it('is the trigger level of who takes it, or a multiple: a 16550 would sit on its end', () => {
    expect(frameSizes.short).toBe(14);
    expect(frameSizes.long % 8).toBe(0);
  });
});

describe('an answer', () => {
  const random = Buffer.from(seed).reverse();
  const bytes = Buffer.alloc(protocol('BP_DATA_SIZE'));
  bytes.writeBigUInt64LE(0xabcn, protocol('BP_DATA_NONCE'));
  bytes.writeBigUInt64LE(go.identity, protocol('BP_DATA_IDENTITY'));
  bytes.writeUInt32LE(2, protocol('BP_DATA_COUNTER'));
  bytes.writeBigUInt64LE(8n << 20n, protocol('BP_DATA_TOUCHED'));
  random.copy(bytes, protocol('BP_DATA_RANDOM'));

  it('is read as the guests write it', () => {
    expect(answerSize).toBe(bytes.length);
    expect(parseAnswer(bytes)).toEqual({
      nonce: 0xabcn,
      identity: go.identity,
      counter: 2,
      touchedBytes: 8n << 20n,
      random,
    });
  });

  it('is kept as random bytes, nonce and counter', () => {
    expect(guestId(parseAnswer(bytes))).toBe(`${random.toString('hex')}-0000000000000abc-2`);
  });
});
