/** Frames sent to a guest and the answer it gives; the layout is that of kernels/protocol.h. */

/** What a guest takes: only the first part of a frame, or all of it. */
export type FrameLength = 'short' | 'long';

export const frameSizes: Readonly<Record<FrameLength, number>> = { short: 14, long: 48 };
export const answerSize = 60;

const magic = 0xb5;
const kinds = { seal: 1, go: 2, burn: 3 } as const;
const flags = { log: 0x08, reseed: 0x10, hwrng: 0x20, observe: 0x40, long: 0x80 } as const;

export interface Go {
  /** Who the clone is, as it will say itself. Random: a guest that takes short frames is seeded by it. */
  readonly identity: bigint;
  /** 32 random bytes, of which a short frame has the first 2. */
  readonly seed: Uint8Array;
  readonly reseed: boolean;
  readonly workingSetMiB: number;
  /** Stir in what /dev/hwrng gives. */
  readonly hwrng: boolean;
  /** Tell what makes the guest itself, for so long after ready; 0: not at all. */
  readonly observeMs: number;
  /** Tell the kernel's log, after the work. */
  readonly log: boolean;
}

/** @throws Error where a short frame is to ask for what only a long one can */
export function goFrame(go: Go, length: FrameLength): Buffer {
  const frame = emptyFrame(kinds.go, length, flagsOf(go));
  frame.writeUInt16LE(go.workingSetMiB, 2);
  frame.writeBigUInt64LE(go.identity, 4);
  if (length === 'short') {
    frame.set(go.seed.subarray(0, 2), 12);
    if (go.observeMs > 0 || go.log) throw new Error('a short frame cannot ask to be observed');
  } else {
    frame.set(go.seed.subarray(0, 32), 12);
    frame.writeUInt32LE(go.observeMs, 44);
  }
  return frame;
}

function flagsOf({ reseed, hwrng, observeMs, log }: Go): number {
  const wanted = { reseed, hwrng, observe: observeMs > 0, log };
  return Object.entries(wanted).reduce(
    (all, [name, isWanted]) => (isWanted ? all | flags[name as keyof typeof wanted] : all),
    0,
  );
}

export function sealFrame(nonce: bigint, length: FrameLength): Buffer {
  const frame = emptyFrame(kinds.seal, length);
  frame.writeBigUInt64LE(nonce, 4);
  return frame;
}

/** Asks the tiny guest to run a loop of two instructions that many thousand times. */
export function burnFrame(thousands: number): Buffer {
  const frame = emptyFrame(kinds.burn, 'short');
  frame.writeBigUInt64LE(BigInt(thousands), 4);
  return frame;
}

function emptyFrame(kind: number, length: FrameLength, asked = 0): Buffer {
  const frame = Buffer.alloc(frameSizes[length]);
  frame.writeUInt8(magic, 0);
  frame.writeUInt8(kind | asked | (length === 'long' ? flags.long : 0), 1);
  return frame;
}

export interface Answer {
  /** 0 unless the guest was sealed into a template. */
  readonly nonce: bigint;
  readonly identity: bigint;
  /** Frames the guest has taken since it booted: only a boot resets it. */
  readonly counter: number;
  readonly touchedBytes: bigint;
  /** 32 bytes from the guest's random number generator. */
  readonly random: Buffer;
}

export function parseAnswer(bytes: Buffer): Answer {
  return {
    nonce: bytes.readBigUInt64LE(0),
    identity: bytes.readBigUInt64LE(8),
    counter: bytes.readUInt32LE(16),
    touchedBytes: bytes.readBigUInt64LE(20),
    random: bytes.subarray(28, 60),
  };
}

/** What samples.csv keeps of an answer: `random-nonce-counter`, in hex. */
export function guestId(answer: Answer): string {
  const nonce = answer.nonce.toString(16).padStart(16, '0');
  return `${answer.random.toString('hex')}-${nonce}-${answer.counter}`;
}
