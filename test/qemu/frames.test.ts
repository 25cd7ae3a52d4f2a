import { describe, expect, it } from 'vitest';

import {
  answerSize,
  burnFrame,
  frameSize,
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
  workingSetMiB: 0x11223344,
  ...unwatched,
};

describe('a frame', () => {
  const at = (name: string) => protocol(`BP_AT_${name}`);

  it('to go has its fields where the guests read them', () => {
    const frame = goFrame(go);
    expect(frame).toHaveLength(protocol('BP_FRAME_SIZE'));
    expect(frame.readUInt8(at('MAGIC'))).toBe(protocol('BP_FRAME_MAGIC'));
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_GO'));
    expect(frame.readUInt8(at('FLAGS'))).toBe(protocol('BP_FLAG_RESEED'));
    expect(frame.readUInt32LE(at('WORK_MIB'))).toBe(go.workingSetMiB);
    expect(frame.readBigUInt64LE(at('NONCE'))).toBe(go.identity);
    expect(frame.subarray(at('SEED'), at('SEED') + 32)).toEqual(seed);
  });

  it('to go without fresh randomness says so', () => {
    expect(goFrame({ ...go, reseed: false }).readUInt8(at('FLAGS'))).toBe(0);
  });

  it('to go asks for the hardware generator, and to be observed for so long', () => {
    const frame = goFrame({ ...go, reseed: false, hwrng: true, observeMs: 0x01020304 });
    const wanted = protocol('BP_FLAG_HWRNG') | protocol('BP_FLAG_OBSERVE');
    expect(frame.readUInt8(at('FLAGS'))).toBe(wanted);
    expect(frame.readUInt32LE(at('OBSERVE_MS'))).toBe(0x01020304);
  });

  it('to seal carries the nonce', () => {
    const frame = sealFrame(2n ** 64n - 1n);
    expect(frame).toHaveLength(frameSize);
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_SEAL'));
    expect(frame.readBigUInt64LE(at('NONCE'))).toBe(2n ** 64n - 1n);
  });

  it('to burn carries the number of iterations', () => {
    const frame = burnFrame(123_456);
    expect(frame).toHaveLength(frameSize);
    expect(frame.readUInt8(at('KIND'))).toBe(protocol('BP_BURN'));
    expect(frame.readUInt32LE(at('WORK_MIB'))).toBe(123_456);
  });

  it('is a multiple of eight bytes, or a 16550 would sit on its end', () => {
    expect(frameSize % 8).toBe(0);
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
