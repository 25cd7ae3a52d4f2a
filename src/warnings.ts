/** What a reader of a cell's figures must mind: what was seen, then what to do. One closed list. */
import type { MetricSummary } from './summarise.js';
import { minimum } from './statistics/describe.js';
import { driftOfThirds, serialCorrelation } from './statistics/drift.js';
import { detectModes } from './statistics/modes.js';
import { outliers, slowFirst } from './statistics/outliers.js';

export interface CellWarning {
  readonly kind: keyof typeof checks | 'observer' | 'spawning';
  readonly seen: string;
  readonly do: string;
}

/** What the checks look at. */
export interface CellEvidence {
  readonly ok: number;
  readonly failed: number;
  /** The distinct failures with their counts, most frequent first. */
  readonly failures: readonly string[];
  /** Absent where no start succeeded. Its values are in the order they ran. */
  readonly ready: MetricSummary | undefined;
  /** Guests that returned the same random bytes as another one; absent where there were none. */
  readonly twins?: Twins | undefined;
  /** Starts whose marks ready and work came in one read. */
  readonly atOnce: number;
}

export interface Twins {
  readonly count: number;
  /** How long after it was resumed (or started) the last of them drew those bytes, at most. */
  readonly untilMs: number;
}

type Check = (evidence: CellEvidence) => Omit<CellWarning, 'kind'> | undefined;

const leastForInterval = 6;

/** The part of a cell's starts that may be such before it is said. */
const mostAtOnce = 0.05;

const checks = {
  twins: ({ ok, twins }) =>
    twins === undefined
      ? undefined
      : {
          seen: `${twins.count} of ${ok} guests returned the same random bytes as another one: identical for up to ${twins.untilMs.toFixed(0)} ms after they were resumed, and longer`,
          do: 'give them random numbers of their own (identity: seed), or look closer (observe)',
        },
  failures: ({ ok, failed, failures }) =>
    failed === 0
      ? undefined
      : {
          seen: `${failed} of ${ok + failed} starts failed: ${failures.slice(0, 3).join('; ')}`,
          do: 'read the logs; the figures are of the starts that succeeded',
        },
  tooFew: ({ ok }) =>
    ok === 0 || ok >= leastForInterval
      ? undefined
      : {
          seen: `${ok} samples give no 95 % interval of the median`,
          do: `take at least ${leastForInterval}, and 29 for a p90`,
        },
  slowFirst: ({ ready }) => {
    const found = ready && slowFirst(ready.values);
    return found && found.ratio > 1.2
      ? {
          seen: `the first measured start took ${found.ratio.toFixed(1)} times the median of the others`,
          do: 'take more warm-ups',
        }
      : undefined;
  },
  drift: ({ ready }) => {
    const found = ready && driftOfThirds(ready.values);
    return found?.detected === true
      ? {
          seen: `ready drifted by ${percent(found.relativeChange)} from the first third of the run to the last`,
          do: 'look for what changed on the host, and run again',
        }
      : undefined;
  },
  correlation: ({ ready }) => {
    const found = ready && serialCorrelation(ready.values);
    // A drift is a correlation too, and its own warning says more.
    if (found?.detected !== true || driftOfThirds(ready?.values ?? [])?.detected === true) {
      return undefined;
    }
    const { correlation, bound } = found;
    const within = `(lag-1 rank correlation ${signed(correlation, 2)}; independent starts stay within ±${bound.toFixed(2)})`;
    return correlation > 0
      ? {
          seen: `a start resembles the one before it in this cell ${within}, so the interval of the median is too narrow`,
          do: 'look for a load or a clock speed of the host that comes and goes, and run again with more rounds',
        }
      : {
          seen: `slow and fast starts take turns in this cell ${within}`,
          do: 'look for what every second start leaves behind for the next one',
        };
  },
  modes: ({ ready }) => {
    const found = ready && detectModes(ready.values);
    return found?.detected === true
      ? {
          seen: `ready has more than one mode: ${found.groups
            .map(({ median, share }) => `${median.toFixed(1)} ms (${Math.round(share * 100)} %)`)
            .join(', ')}`,
          do: 'do not trust the median alone; look at the samples',
        }
      : undefined;
  },
  atOnce: ({ ok, atOnce }) =>
    atOnce <= mostAtOnce * ok
      ? undefined
      : {
          seen: `in ${atOnce} of ${ok} starts the harness read ready and work at once: ready is late there by up to what the work took`,
          do: 'free a CPU for the harness, and take ready for an upper bound',
        },
  outliers: ({ ready }) => {
    const found = ready ? outliers(ready.values) : [];
    return ready !== undefined && found.length > Math.max(1, ready.values.length / 20)
      ? {
          seen: `${found.length} of ${ready.values.length} samples stand apart (modified z-score above 3.5)`,
          do: 'close other programs, or read p90 beside the median',
        }
      : undefined;
  },
} satisfies Record<string, Check>;

export function cellWarnings(evidence: CellEvidence): readonly CellWarning[] {
  return Object.entries(checks).flatMap(([kind, check]: [string, Check]) => {
    const found = check(evidence);
    return found === undefined ? [] : [{ kind: kind as keyof typeof checks, ...found }];
  });
}

/** The most that the harness may be behind QEMU's own stamp of ready, in ms and as a part of ready. */
const mostLateMs = 0.2;
const mostLatePart = 0.05;

/**
 * Apart from the checks: how late the harness was is known only to the report, start by start.
 *
 * @param lateMs p50 of the harness's delay
 * @param readyMs p50 of ready
 */
export function observerWarning(lateMs: number, readyMs: number): CellWarning | undefined {
  if (lateMs <= mostLateMs && lateMs <= mostLatePart * readyMs) return undefined;
  return {
    kind: 'observer',
    seen: `the harness saw ready ${lateMs.toFixed(3)} ms after QEMU had written it (p50), ${percent(lateMs / readyMs)} of ready`,
    do: 'free a CPU for the harness, or read inside_ready_ms',
  };
}

/**
 * Apart from the checks: what spawning takes is measured once a run.
 *
 * @param spawnMs p50 of spawning a small static program
 * @param readyMs p50 of ready of every cell that spawns its QEMU
 * @returns what is said of the one whose ready is least: of all of them in one, since all had the same
 */
export function spawningWarning(
  spawnMs: number,
  readyMs: readonly number[],
): CellWarning | undefined {
  const much = readyMs.filter((ms) => spawnMs > mostLatePart * ms);
  if (much.length === 0) return undefined;
  const most = percent(spawnMs / minimum(much)).slice(1);
  const rest = much.length - 1;
  const others =
    rest === 0 ? '' : `, and more than 5 % in ${rest} other ${rest === 1 ? 'cell' : 'cells'}`;
  return {
    kind: 'spawning',
    seen: `spawning alone took ${spawnMs.toFixed(1)} ms on this host (p50, a small program in place of QEMU): ${most} of ready${others}, which clones do not pay`,
    do: 'free a CPU for the harness, and mind it where you hold clones against this tier',
  };
}

export function warningText(warning: { readonly seen: string; readonly do: string }): string {
  return `${warning.seen}; ${warning.do}`;
}

function percent(ratio: number): string {
  return `${signed(ratio * 100, 1)} %`;
}

function signed(value: number, digits: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`;
}
