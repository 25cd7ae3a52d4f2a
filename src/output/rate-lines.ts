/** Rates as lines against what was asked for, for both kinds of charts. */
import type { RateRecord } from '../results/rate.js';
import type { StoredRun } from '../results/run-folder.js';
import { rateFamilies, type RateFamily } from './rates.js';

/** The tiers of one machine, on one chart. */
export interface RateChart {
  readonly machine: string;
  readonly lines: readonly RateLine[];
  readonly limitsMs: readonly number[];
  readonly title: string;
  readonly text: string;
  readonly x: string;
  readonly y: string;
}

export interface RateLine {
  readonly label: string;
  readonly points: readonly RatePoint[];
}

/** VMs asked for in a second, and ms of p95 of ready: the median over rounds. */
export interface RatePoint {
  readonly x: number;
  readonly y: number;
  /** In every round the queue did not grow and the step went on to its end. */
  readonly stable: boolean;
}

/** What a chart's name always says of its machine, and what it says where machines differ in it. */
const always = ['guest', 'accel', 'memory_mib', 'working_set_mib'] as const;
const whereTheyDiffer = ['qemu', 'machine', 'vcpus', 'backing', 'thp', 'arrivals'] as const;

/** Not by a cell's id: a tier that has but one working set does not name it there. */
function machineOf({ steps }: RateFamily): RateRecord {
  const { row = {} } = steps[0] ?? {};
  const names = [...always, ...whereTheyDiffer];
  return Object.fromEntries(names.map((name) => [name, row[name] ?? '']));
}

/** None for a run without rates. */
export function rateCharts({ rate = [], record }: StoredRun): readonly RateChart[] {
  const machines = new Map<string, RateFamily[]>();
  for (const family of rateFamilies(rate, record.cells)) {
    const key = JSON.stringify(machineOf(family));
    machines.set(key, [...(machines.get(key) ?? []), family]);
  }
  const groups = [...machines.values()];
  const all = groups.flatMap(([family]) => (family === undefined ? [] : [machineOf(family)]));
  return groups.map((families) => {
    const machine = nameOf(families, all);
    return {
      machine,
      lines: families.map((family) => lineOf(family, families)),
      limitsMs: [...new Set(families.flatMap(({ limitsMs }) => limitsMs))].sort((a, b) => a - b),
      title: `Rates: ${machine}`,
      text: 'p95 of ready, median over rounds. Crosses: the queue grew, or the step ended early. Dashed: the limits.',
      x: 'VMs asked for in a second (log scale)',
      y: 'p95 of ready in ms (log scale)',
    };
  });
}

function nameOf([family]: readonly RateFamily[], all: readonly RateRecord[]): string {
  const row = family === undefined ? {} : machineOf(family);
  const field = (name: string) => row[name] ?? '';
  const rest = whereTheyDiffer.filter((name) => new Set(all.map((one) => one[name])).size > 1);
  return [
    `${field('guest')}/${field('accel')}/${field('memory_mib')}M`,
    `${field('working_set_mib')} MiB touched`,
    ...rest.map((name) => `${name} ${field(name)}`),
  ].join(', ');
}

/** By its tier, unless another line of the chart has that, too. */
function lineOf(family: RateFamily, families: readonly RateFamily[]): RateLine {
  const tierOf = ({ key }: RateFamily) => key.slice(0, key.indexOf('/'));
  const alike = families.filter((other) => tierOf(other) === tierOf(family));
  return {
    label: alike.length === 1 ? tierOf(family) : family.key,
    points: family.steps.flatMap(({ perSecond, p95, rounds, stableRounds }) =>
      p95 === undefined
        ? []
        : [{ x: perSecond, y: p95.p50, stable: stableRounds === rounds.length }],
    ),
  };
}

/** Ends of an axis that holds the values with a little room. */
export function rangeOf(values: readonly number[]): { readonly min: number; readonly max: number } {
  let [min, max] = [Infinity, 0];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return { min: min / 1.15, max: max * 1.15 };
}
