/** Watches a guest's console for its ready line and for the answer that proves that it runs. */
import { StringDecoder } from 'node:string_decoder';

import { withNonce, type ConsoleReady } from '../ends.js';

export interface ConsoleListener {
  /** At each line that is the ready line. */
  line(atNs: bigint): void;
  /** At each line that is the answer. */
  answer(atNs: bigint): void;
}

/** A longer line is binary data, or a progress bar: its beginning is forgotten. */
const longestLine = 4096;

export class ConsoleWatch {
  readonly #decoder = new StringDecoder('utf8');
  readonly #line: RegExp;
  readonly #answer: RegExp | undefined;
  #rest = '';

  /** @param nonce what this guest is asked with */
  constructor(
    ready: ConsoleReady,
    nonce: string,
    private readonly listener: ConsoleListener,
  ) {
    this.#line = new RegExp(ready.line);
    this.#answer =
      ready.ask === undefined ? undefined : new RegExp(withNonce(ready.ask.answer, nonce));
  }

  /** A line counts as soon as enough of it has come: a prompt has no end. */
  feed(chunk: Buffer, atNs: bigint): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).replaceAll('\r', '').split('\n');
    this.#rest = (lines.at(-1) ?? '').slice(-longestLine);
    for (const line of lines) this.#look(line, atNs);
  }

  #look(line: string, atNs: bigint): void {
    if (line === '') return;
    // An answer may look like the ready line too; the other way round a clone would seem to have booted.
    if (this.#answer?.test(line) === true) this.listener.answer(atNs);
    if (this.#line.test(line)) this.listener.line(atNs);
  }
}
