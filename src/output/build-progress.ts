/**
 * A kernel's build on the terminal: what is being done, how far it is and how long it will take. Where
 * the output is no terminal, one plain line a phase.
 */
import { msBetween, now } from '../clock.js';
import type { Output } from '../context.js';
import { showSeconds } from './progress.js';

const barWidth = 30;
/** What takes up to here says too little of the rest. */
const tooFew = 20;

export class BuildProgress {
  #compiled = 0;
  #phaseNs = now();

  constructor(private readonly output: Output) {}

  phase(what: string): void {
    this.#compiled = 0;
    this.#phaseNs = now();
    if (this.output.isTTY === true) this.#show(what);
    else this.output.write(`${what}\n`);
  }

  /** One object of about so many; an estimate that is passed stays just short of the end. */
  object(about: number): void {
    this.#compiled += 1;
    const part = Math.min(this.#compiled / about, 0.99);
    const elapsedMs = msBetween(this.#phaseNs, now());
    this.#show(buildLine(part, this.#compiled < tooFew ? undefined : elapsedMs / part - elapsedMs));
  }

  clear(): void {
    this.#show('');
  }

  #show(text: string): void {
    if (this.output.isTTY !== true) return;
    this.output.write(`\r\x1b[K${text.slice(0, (this.output.columns ?? 80) - 1)}`);
  }
}

/** @param leftMs undefined while too little was done to tell */
export function buildLine(part: number, leftMs: number | undefined): string {
  const done = Math.round(part * barWidth);
  const bar = `${'#'.repeat(done)}${'.'.repeat(barWidth - done)}`;
  const left = leftMs === undefined ? '' : `, ${showSeconds(Math.round(leftMs / 1000))} left`;
  return `compiling [${bar}] ${Math.floor(part * 100)} %${left}`;
}
