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
  /** What came from the guest's serial console; only asked of who watches it. */
  console?(chunk: Buffer, atNs: bigint): void;
}

const keptTextBytes = 64 * 1024;
const firstCode = 0x80;

interface Payload {
  /** How many bytes follow the code; undefined: up to a newline. */
  readonly size: number | undefined;
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
      size: undefined,
      deliver: (listener, bytes) => {
        listener.error(bytes.toString('utf8'));
      },
    },
  ],
] satisfies [number, Payload][]);

export class MarkStream {
  /** What is being read; undefined between marks. */
  #payload: Payload | undefined;
  #bytes: number[] = [];
  #text = '';

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
    else if (byte !== 0) this.#keep(byte);
  }

  #takePayload({ size, deliver }: Payload, byte: number, atNs: bigint): void {
    const atEnd = size === undefined && byte === 0x0a;
    if (!atEnd) this.#bytes.push(byte);
    if (!atEnd && this.#bytes.length !== size) return;
    const whole = Buffer.from(this.#bytes);
    this.#payload = undefined;
    this.#bytes = [];
    deliver(this.listener, whole, atNs);
  }

  #keep(byte: number): void {
    this.#text += String.fromCharCode(byte);
    if (this.#text.length > 2 * keptTextBytes) this.#text = this.#text.slice(-keptTextBytes);
  }
}
