/** The file identity.csv of a run: there from the first guest on that was observed. */
import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { csvText } from '../csv.js';
import type { Sample } from '../measure/sample.js';
import type { Cell } from '../plan/cell.js';
import { identityColumns, identityRow } from './observed-clones.js';
import { wholeLines } from './whole.js';

export const identityFileName = 'identity.csv';

export class IdentityFile implements Disposable {
  readonly #path: string;
  #file: number | undefined;

  constructor(
    folder: string,
    private readonly runId: string,
  ) {
    this.#path = join(folder, identityFileName);
  }

  /** Comes before the sample's own row: a row too many is found out, one too few is not. */
  take(sample: Sample, cell: Cell): void {
    const row = identityRow(this.runId, sample, cell);
    if (row === undefined) return;
    this.#file ??= this.#open();
    writeSync(this.#file, row);
  }

  /** A run that is continued goes on after the last whole line. */
  #open(): number {
    const file = openSync(this.#path, 'a');
    const whole = wholeLines(readFileSync(this.#path, 'utf8'));
    truncateSync(this.#path, Buffer.byteLength(whole));
    if (whole === '') writeSync(file, csvText([], identityColumns));
    return file;
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
