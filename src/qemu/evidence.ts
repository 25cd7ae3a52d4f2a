/** What a guest sends of itself when it is observed; the layout is that of kernels/protocol.h. */
import { observedFields, observedNames, type ObservedFields } from '../observed.js';

export const drawnSize = 24;
export const observedSize = 152;

/** Random bytes, and when the guest drew them. */
export interface Drawn {
  /** The guest's CLOCK_MONOTONIC. */
  readonly guestNs: bigint;
  /** In hexadecimal. */
  readonly random: string;
}

export interface Observed {
  /** The guest's CLOCK_MONOTONIC, CLOCK_REALTIME and CLOCK_BOOTTIME. */
  readonly guestNs: bigint;
  readonly realtimeNs: bigint;
  readonly boottimeNs: bigint;
  readonly fields: ObservedFields;
}

export function parseDrawn(bytes: Buffer): Drawn {
  return {
    guestNs: bytes.readBigUInt64LE(0),
    random: bytes.subarray(8, drawnSize).toString('hex'),
  };
}

export function parseObserved(bytes: Buffer): Observed {
  const fields = observedNames.map((name) => {
    const { at, bytes: length } = observedFields[name];
    const raw = Buffer.from(bytes.subarray(at, at + length));
    const told = raw.some((byte) => byte !== 0);
    // Addresses are numbers, and read as such; the rest are bytes in their order.
    const hex = (length === 8 ? raw.reverse() : raw).toString('hex');
    return [name, told ? hex : ''];
  });
  return {
    guestNs: bytes.readBigUInt64LE(0),
    realtimeNs: bytes.readBigUInt64LE(8),
    boottimeNs: bytes.readBigUInt64LE(16),
    fields: Object.fromEntries(fields) as ObservedFields,
  };
}
