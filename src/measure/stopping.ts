/**
 * When measuring ends. The plan holds the most starts there may be; this decides, between rounds,
 * whether a scenario that samples `until` its medians are known needs another one.
 *
 * All cells of a scenario stop together. A cell that stopped alone, in the moment its own interval
 * happened to be narrow, would meet less of the host's drift than the others, and what favours
 * stopping would favour its figures: the stopping bias would differ from cell to cell.
 */
import { msBetween, now } from '../clock.js';
import type { Sampling } from '../parse/scenario.js';
import type { Cell, PlannedStart } from '../plan/cell.js';
import { median } from '../statistics/describe.js';
import { medianInterval } from '../statistics/interval.js';

type Until = Extract<Sampling, { kind: 'until' }>;

/** What the rule looks at of one start. */
export interface Observation {
  readonly cell: string;
  readonly phase: PlannedStart['phase'];
  readonly round: number;
  /** Undefined where the start failed. */
  readonly readyMs: number | undefined;
}

/** How the sampling of one scenario ended. */
export interface Stop {
  readonly scenario: string;
  readonly rule: string;
  readonly because: 'converged' | 'max' | 'time';
  readonly rounds: number;
  readonly open: readonly string[];
}

/** Whether the ends of the median's 95 % interval are within the given part of it. */
export function isKnown(readyMs: readonly number[], relativeCi: number): boolean {
  const interval = readyMs.length === 0 ? undefined : medianInterval(readyMs);
  if (interval === undefined) return false;
  const limit = median(readyMs) * relativeCi;
  return median(readyMs) - interval.lower <= limit && interval.upper - median(readyMs) <= limit;
}

/** Decides which of the planned starts are made. */
export class Stopping {
  readonly #groups: ReadonlyMap<string, Group>;

  constructor(
    cells: readonly Cell[],
    private readonly clock: () => bigint = now,
  ) {
    const groups = new Map<string, Group>();
    for (const { id, scenario, sampling } of cells) {
      if (sampling.kind === 'fixed') continue;
      const group =
        [...groups.values()].find((one) => one.scenario === scenario) ??
        new Group(scenario, sampling);
      group.readyMs.set(id, []);
      groups.set(id, group);
    }
    this.#groups = groups;
  }

  /** Whether this start is made. To be asked in the plan's order, before each start. */
  wants({ cell, phase, round }: PlannedStart): boolean {
    const group = this.#groups.get(cell);
    if (group === undefined || phase === 'warmup') return true;
    return group.wants(round, this.clock());
  }

  /** A start was made. */
  saw({ cell, phase, round, readyMs }: Observation): void {
    if (phase === 'measure') this.#groups.get(cell)?.saw(cell, round, readyMs);
  }

  /** A start was made by the run that this one continues, and took this long. */
  sawBefore(observation: Observation, tookMs: number): void {
    this.saw(observation);
    const group = this.#groups.get(observation.cell);
    if (group !== undefined && observation.phase === 'measure') group.spentMs += tookMs;
  }

  /** No start of this cell will succeed: the others do not wait for it. */
  giveUp(cell: string): void {
    this.#groups.get(cell)?.hopeless.add(cell);
  }

  /** How each scenario with such a rule ended; to be asked when no start is left. */
  stops(): readonly Stop[] {
    return [...new Set(this.#groups.values())].map((group) => group.stop());
  }
}

class Group {
  readonly readyMs = new Map<string, number[]>();
  readonly hopeless = new Set<string>();
  #round = 0;
  #stopped: 'converged' | 'time' | undefined;
  #beganNs: bigint | undefined;
  /** By the run that this one continues. */
  spentMs = 0;

  constructor(
    readonly scenario: string,
    private readonly until: Until,
  ) {}

  wants(round: number, atNs: bigint): boolean {
    this.#beganNs ??= atNs;
    // Within a round nothing is decided: every cell has as many starts as the others.
    if (this.#stopped === undefined && round > this.#round) {
      this.#stopped = this.#reason(this.spentMs + msBetween(this.#beganNs, atNs));
      if (this.#stopped === undefined) this.#round = round;
    }
    return this.#stopped === undefined;
  }

  saw(cell: string, round: number, readyMs: number | undefined): void {
    this.#round = round;
    if (readyMs !== undefined) this.readyMs.get(cell)?.push(readyMs);
  }

  stop(): Stop {
    const open = this.#open();
    const because = open.length === 0 ? 'converged' : (this.#stopped ?? 'max');
    const { scenario, until } = this;
    return { scenario, rule: ruleText(until), because, rounds: this.#round, open };
  }

  #reason(spentMs: number): 'converged' | 'time' | undefined {
    const awaited = this.#open().filter((id) => !this.hopeless.has(id));
    // Where all are, the least number of rounds says so of each.
    const some = this.hopeless.size < this.readyMs.size || this.#round >= this.until.min;
    if (awaited.length === 0 && some) return 'converged';
    return spentMs >= this.until.timeMs ? 'time' : undefined;
  }

  #open(): readonly string[] {
    const { min, relativeCi } = this.until;
    return [...this.readyMs]
      .filter(([, values]) => values.length < min || !isKnown(values, relativeCi))
      .map(([id]) => id);
  }
}

/** The rule as a report states it. */
export function ruleText({ relativeCi, min, max, timeMs }: Until): string {
  const percent = Number((relativeCi * 100).toPrecision(3));
  return `whole rounds of all cells until each has at least ${min} samples and the 95 % interval of its median ready is within ±${percent} % of that median, for at most ${max} rounds or ${timeMs / 1000} s`;
}
