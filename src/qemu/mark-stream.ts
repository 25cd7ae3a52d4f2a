/** Reads a guest's mark port: marks, what comes with some of them, and console text in between. */
import { guestCodes } from '../marks.js';
import {
  drawnSize,
  observedSize,
  parseDrawn,
  parseObserved,
  type Drawn,
  type Observed,
} from './evidence.js';
import { answerSize, parseAnswer, type Answer } from './frames.js';

export interface MarkListener {
  /** @param atNs when the bytes reached the harness, CLOCK_MONOTONIC */
  mark(code: number, atNs: bigint): void;
  answer(answer: Answer): void;
  error(text: string): void;
  /** Of a guest that is observed. */
  drawn?(drawn: Drawn, atNs: bigint): void;
  observed?(observed: Observed, atNs: bigint): void;
  /** Of a guest that was asked for it: what its kernel logged. */
  log?(text: string): void;
  /** A line that the guest's early console printed. */
  printed?(line: string, atNs: bigint): void;
  /** What QEMU itself says, as it comes. */
  said?(text: string, atNs: bigint): void;
  /** What came from the guest's serial console; only asked of who watches it. */
  console?(chunk: Buffer, atNs: bigint): void;
}

const keptTextBytes = 64 * 1024;
const firstCode = 0x80;
const countBytes = 4;
const longestLine = 1024;

interface Payload {
  /** How many bytes follow the code, or what tells: a newline after them, 32 bits before them. */
  readonly size: number | 'line' | 'counted';
  readonly deliver: (listener: MarkListener, bytes: Buffer, atNs: bigint) => void;
}

const payloads: ReadonlyMap<number, Payload> = new Map([
  [
    guestCodes.DATA,
    {
      size: answerSize,
      deliver: (listener, bytes) => {
        listener.answer(parseAnswer(bytes));
      },
    },
  ],
  [
    guestCodes.DRAWN,
    {
      size: drawnSize,
      deliver: (listener, bytes, atNs) => listener.drawn?.(parseDrawn(bytes), atNs),
    },
  ],
  [
    guestCodes.OBSERVED,
    {
      size: observedSize,
      deliver: (listener, bytes, atNs) => listener.observed?.(parseObserved(bytes), atNs),
    },
  ],
  [
    guestCodes.ERROR,
    {
      size: 'line',
      deliver: (listener, bytes) => {
        listener.error(bytes.toString('utf8'));
      },
    },
  ],
  [
    guestCodes.LOG,
    {
      size: 'counted',
      deliver: (listener, bytes) => listener.log?.(bytes.toString('utf8', countBytes)),
    },
  ],
] satisfies [number, Payload][]);

export class MarkStream {
  /** What is being read; undefined between marks. */
  #payload: Payload | undefined;
  #bytes: number[] = [];
  #text = '';
  #line = '';

  constructor(private readonly listener: MarkListener) {}

  /** Console text that came over the mark port (Linux's early console), its last 64 KiB. */
  get text(): string {
    return this.#text;
  }

  feed(chunk: Buffer, atNs: bigint): void {
    for (const byte of chunk) this.#take(byte, atNs);
  }

  #take(byte: number, atNs: bigint): void {
    if (this.#payload !== undefined) {
      this.#takePayload(this.#payload, byte, atNs);
      return;
    }
    this.#payload = payloads.get(byte);
    if (this.#payload !== undefined) return;
    if (byte >= firstCode) this.listener.mark(byte, atNs);
    else if (byte !== 0) this.#keep(byte, atNs);
  }

  #takePayload({ size, deliver }: Payload, byte: number, atNs: bigint): void {
    const atEnd = size === 'line' && byte === 0x0a;
    if (!atEnd) this.#bytes.push(byte);
    if (!atEnd && this.#bytes.length !== wholeSize(size, this.#bytes)) return;
    const whole = Buffer.from(this.#bytes);
    this.#payload = undefined;
    this.#bytes = [];
    deliver(this.listener, whole, atNs);
  }

  #keep(byte: number, atNs: bigint): void {
    const character = String.fromCharCode(byte);
    if (byte === 0x0a) {
      this.listener.printed?.(this.#line.trimEnd(), atNs);
      this.#line = '';
    } else if (this.#line.length < longestLine) this.#line += character;
    this.#text += character;
    if (this.#text.length > 2 * keptTextBytes) this.#text = this.#text.slice(-keptTextBytes);
  }
}

/** Undefined while it cannot be told. */
function wholeSize(size: Payload['size'], bytes: readonly number[]): number | undefined {
  if (size !== 'counted') return size === 'line' ? undefined : size;
  if (bytes.length < countBytes) return undefined;
  return countBytes + Buffer.from(bytes.slice(0, countBytes)).readUInt32LE(0);
}
