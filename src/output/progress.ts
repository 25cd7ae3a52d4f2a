/**
 * Progress on the terminal, written between starts and never during one. Where the output is no
 * terminal it stays silent: the caller's plain lines say what began and what came of it.
 */
import { now, msBetween } from '../clock.js';
import type { Output } from '../context.js';
import type { Plan } from '../plan/cell.js';

export class Progress {
  readonly #left: Map<string, number>;
  readonly #spentMs = new Map<string, { total: number; count: number }>();
  #done = 0;
  #failed = 0;
  #lastNs = now();

  constructor(
    private readonly output: Output,
    private readonly plan: Plan,
  ) {
    this.#left = new Map();
    for (const { cell } of plan.starts) this.#left.set(cell, (this.#left.get(cell) ?? 0) + 1);
  }

  /** One start has ended. */
  step(cell: string, failed: boolean): void {
    const nowNs = now();
    const spent = this.#spentMs.get(cell) ?? { total: 0, count: 0 };
    this.#spentMs.set(cell, {
      total: spent.total + msBetween(this.#lastNs, nowNs),
      count: spent.count + 1,
    });
    this.#lastNs = nowNs;
    this.#left.set(cell, (this.#left.get(cell) ?? 1) - 1);
    this.#done += 1;
    if (failed) this.#failed += 1;
    this.#show(`${this.#counts()}  ${cell}`);
  }

  clear(): void {
    this.#show('');
  }

  #counts(): string {
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    const left = this.#secondsLeft();
    const time = left === undefined ? '' : `, ${showSeconds(left)} left`;
    return `${this.#done}/${this.plan.starts.length} starts${failed}${time}`;
  }

  /** Undefined until every cell has been started once. */
  #secondsLeft(): number | undefined {
    let ms = 0;
    for (const [cell, left] of this.#left) {
      const spent = this.#spentMs.get(cell);
      if (spent === undefined) return undefined;
      ms += (left * spent.total) / spent.count;
    }
    return Math.round(ms / 1000);
  }

  #show(text: string): void {
    if (this.output.isTTY !== true) return;
    const columns = this.output.columns ?? 80;
    this.output.write(`\r\x1b[K${text.slice(0, columns - 1)}`);
  }
}

export function showSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
