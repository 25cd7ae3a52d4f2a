/** Frames sent to a guest and the answer it gives; the layout is that of kernels/protocol.h. */

export const frameSize = 56;
export const answerSize = 60;

const magic = 0xb5;
const kinds = { seal: 1, go: 2, burn: 3 } as const;
const flags = { reseed: 1, hwrng: 2, observe: 4, log: 8 } as const;

export interface Go {
  /** Who the clone is, as it will say itself. */
  readonly identity: bigint;
  /** 32 random bytes. */
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

export function goFrame(go: Go): Buffer {
  const frame = emptyFrame(kinds.go);
  frame.writeUInt8(flagsOf(go), 2);
  frame.writeUInt32LE(go.workingSetMiB, 4);
  frame.writeBigUInt64LE(go.identity, 8);
  frame.set(go.seed.subarray(0, 32), 16);
  frame.writeUInt32LE(go.observeMs, 48);
  return frame;
}

function flagsOf({ reseed, hwrng, observeMs, log }: Go): number {
  const wanted = { reseed, hwrng, observe: observeMs > 0, log };
  return Object.entries(flags).reduce(
    (all, [name, bit]) => (wanted[name as keyof typeof flags] ? all | bit : all),
    0,
  );
}

export function sealFrame(nonce: bigint): Buffer {
  const frame = emptyFrame(kinds.seal);
  frame.writeBigUInt64LE(nonce, 8);
  return frame;
}

/** Asks the tiny guest to run a loop of two instructions that many thousand times. */
export function burnFrame(thousands: number): Buffer {
  const frame = emptyFrame(kinds.burn);
  frame.writeUInt32LE(thousands, 4);
  return frame;
}

function emptyFrame(kind: number): Buffer {
  const frame = Buffer.alloc(frameSize);
  frame.writeUInt8(magic, 0);
  frame.writeUInt8(kind, 1);
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
