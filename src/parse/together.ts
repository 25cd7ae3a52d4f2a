/** Starts that meet others (bursts, VMs kept alive, a rate): what cannot be said of them is refused. */
import { list } from './list.js';
import { loadSchema, type ScenarioFile } from './schema.js';
import type { Load } from './scenario.js';
import type { Complaints } from './vary.js';

type MatrixEntry = ScenarioFile['matrix'][number];

/** @throws UsageError with the place in the file */
export function checkCompany(
  { until }: ScenarioFile,
  complaints: Complaints,
  entry: MatrixEntry,
  index: number,
): void {
  const bursts = list(entry.concurrency).some((count) => count > 1);
  const kept = list(entry.alive).some((count) => count > 0);
  if (bursts && kept) {
    throw complaints.error(
      ['matrix', index, 'alive'],
      'VMs that are kept alive are started one after another: "concurrency" must be 1 beside "alive"',
    );
  }
  if ((bursts || kept) && until !== undefined) {
    throw complaints.error(
      ['until'],
      '"until" needs starts that do not disturb one another: give "runs" beside "concurrency" or "alive"',
    );
  }
}

/** With every default filled. @throws UsageError where nothing is asked for at a rate */
export function toLoad({ load, matrix }: ScenarioFile, complaints: Complaints): Load {
  const rates = matrix.flatMap(({ rate }) => list(rate));
  if (load !== undefined && Math.max(...rates) === 0) {
    const problem = '"load" says how VMs are asked for at a "rate", and no cell has one';
    throw complaints.error(['load'], problem);
  }
  const { time: timeMs, arrivals, p95Limit, aliveLimit } = load ?? loadSchema.parse({});
  const p95LimitsMs = [...new Set(list(p95Limit))].sort((a, b) => a - b);
  return { timeMs, arrivals, p95LimitsMs, aliveLimit };
}

/** All starts of a step are prepared before its first. */
const mostInStep = 10_000;

/** Below it the fewest starts that give a p95 take ten minutes. */
const lowestRate = 0.1;

/** What a rate goes ill with; `knob` is where the error points. */
const clashes: readonly {
  readonly knob: 'concurrency' | 'alive' | 'observe' | 'pageCache';
  readonly isOne: (value: number | string) => boolean;
  readonly problem: string;
}[] = [
  {
    knob: 'concurrency',
    isOne: (count) => count !== 1,
    problem: 'VMs are asked for one by one at a "rate": "concurrency" must be 1 beside it',
  },
  {
    knob: 'alive',
    isOne: (count) => count !== 0,
    problem: 'VMs end after their work at a "rate": "alive" must be 0 beside it',
  },
  {
    knob: 'observe',
    isOne: (ms) => ms !== 0,
    problem: 'a VM that is observed delays those behind it: no "observe" beside "rate"',
  },
  {
    knob: 'pageCache',
    isOne: (cache) => cache === 'cold',
    problem: 'files cannot be evicted beside VMs that run: no cold "pageCache" beside "rate"',
  },
];

/** @throws UsageError with the place in the file */
export function checkRate(
  value: ScenarioFile,
  complaints: Complaints,
  entry: MatrixEntry,
  index: number,
): void {
  const rates = list(entry.rate).filter((rate) => rate > 0);
  if (rates.length === 0) return;
  for (const { knob, isOne, problem } of clashes) {
    const values: readonly (number | string)[] = list<number | string>(entry[knob]);
    if (values.some(isOne)) throw complaints.error(['matrix', index, knob], problem);
  }
  if (value.until !== undefined) {
    const problem = 'needs starts that do not disturb one another: give "runs" beside "rate"';
    throw complaints.error(['until'], `"until" ${problem}`);
  }
  const load = toLoad(value, complaints);
  const size = sizeProblem(rates, load);
  if (size !== undefined) throw complaints.error(['matrix', index, 'rate'], size);
  const [limitMs = 0] = load.p95LimitsMs.slice(-1);
  if (load.timeMs >= timesLimit * limitMs) return;
  const least = (timesLimit * limitMs) / 1000;
  const problem = `a limit of ${limitMs / 1000} s takes steps of at least ${least} s, and "time" is ${load.timeMs / 1000} s`;
  throw complaints.error(['load', 'p95Limit'], problem);
}

/**
 * VMs asked for faster than they are served by one part in N wait for one part in N of the step at its
 * end. So a p95 below the limit rules out, whatever else is seen, more than one part in ten.
 */
const timesLimit = 10;

function sizeProblem(rates: readonly number[], { timeMs }: Load): string | undefined {
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  if (least < lowestRate) return `"rate" must be 0 or at least ${lowestRate}, got ${least}`;
  const starts = Math.round((most * timeMs) / 1000);
  if (starts <= mostInStep) return undefined;
  return `${most} a second for ${timeMs / 1000} s are ${starts} starts in one step, and ${mostInStep} are the most`;
}
