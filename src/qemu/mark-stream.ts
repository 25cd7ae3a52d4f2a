/** Reads a guest's mark port: marks, the answer, an error text, and console text in between. */
import { guestCodes } from '../marks.js';
import { answerSize, parseAnswer, type Answer } from './frames.js';

export interface MarkListener {
  /** @param atNs when the bytes reached the harness, CLOCK_MONOTONIC */
  mark(code: number, atNs: bigint): void;
  answer(answer: Answer): void;
  error(text: string): void;
}

const keptTextBytes = 64 * 1024;
const firstCode = 0x80;

export class MarkStream {
  #state: 'marks' | 'answer' | 'error' = 'marks';
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
    switch (this.#state) {
      case 'answer':
        this.#bytes.push(byte);
        if (this.#bytes.length === answerSize) {
          this.listener.answer(parseAnswer(Buffer.from(this.#bytes)));
          this.#enter('marks');
        }
        return;
      case 'error':
        if (byte === 0x0a) {
          this.listener.error(Buffer.from(this.#bytes).toString('utf8'));
          this.#enter('marks');
        } else this.#bytes.push(byte);
        return;
      case 'marks':
        if (byte === guestCodes.DATA) this.#enter('answer');
        else if (byte === guestCodes.ERROR) this.#enter('error');
        else if (byte >= firstCode) this.listener.mark(byte, atNs);
        else if (byte !== 0) this.#keep(byte);
    }
  }

  #enter(state: 'marks' | 'answer' | 'error'): void {
    this.#state = state;
    this.#bytes = [];
  }

  #keep(byte: number): void {
    this.#text += String.fromCharCode(byte);
    if (this.#text.length > 2 * keptTextBytes) this.#text = this.#text.slice(-keptTextBytes);
  }
}
