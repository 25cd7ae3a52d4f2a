/** A file beside samples.csv that has rows of some starts only: there from the first of them on. */
import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { csvText } from '../csv.js';
import { wholeLines } from './whole.js';

export class SideFile implements Disposable {
  readonly #path: string;
  #file: number | undefined;

  constructor(
    folder: string,
    name: string,
    private readonly columns: readonly string[],
  ) {
    this.#path = join(folder, name);
  }

  /**
   * Comes before the sample's own row: a row too many is found out, one too few is not.
   *
   * @param rows of one start, as text; empty where it has none
   */
  append(rows: string): void {
    if (rows === '') return;
    this.#file ??= this.#open();
    writeSync(this.#file, rows);
  }

  /** A run that is continued goes on after the last whole line. */
  #open(): number {
    const file = openSync(this.#path, 'a');
    const whole = wholeLines(readFileSync(this.#path, 'utf8'));
    truncateSync(this.#path, Buffer.byteLength(whole));
    if (whole === '') writeSync(file, csvText([], this.columns));
    return file;
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
