/** What VMs that are kept alive together cost the host: each, and all of them. Medians over rounds. */
import type { DensityRecord } from '../results/density.js';
import { median } from '../statistics/describe.js';
import { lineGroups } from './lines.js';

/** Steps of one machine and tier that differ in nothing but how many VMs are kept alive. */
export interface DensityFamily {
  readonly key: string;
  readonly steps: readonly Density[];
}

export interface Density {
  readonly row: DensityRecord;
  readonly asked: number;
  /** The fewest of its rounds. */
  readonly alive: number;
  /** Why it were fewer than asked for; empty where it was not so. */
  readonly endedBecause: string;
  /** KiB of each VM: the total by the number of VMs. Undefined where the host does not tell. */
  readonly each: Readonly<Record<DensityMeasure, number | undefined>>;
}

/** What is told of a step, by its name; the only such list. */
export const densityMeasures = {
  privateDirty: { title: 'private dirty', holds: 'pages it wrote to and shares with nobody' },
  pss: { title: 'PSS', holds: 'its own pages and its part of those it shares' },
  shared: { title: 'shared', holds: 'pages that others map too' },
  pageTables: { title: 'page tables', holds: 'of the process (VmPTE)' },
  hugetlb: { title: 'huge pages', holds: 'of its own, from hugetlbfs' },
  kernel: { title: 'kernel', holds: "growth of the cgroup's kernel memory, page tables included" },
  available: {
    title: 'MemAvailable',
    holds:
      'by how much it fell, free pages that processors keep included: all of it, as the host sees it',
  },
} as const;

/** Memory of each VM against how many are alive: the tiers of one machine, on one chart. */
export interface DensityChart {
  readonly machine: string;
  readonly measure: DensityMeasure;
  readonly lines: readonly {
    readonly label: string;
    /** VMs alive, and MiB of each. */
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
}

export type DensityMeasure = keyof typeof densityMeasures;

export const densityMeasureNames = Object.keys(densityMeasures) as readonly DensityMeasure[];

const columns: Readonly<Partial<Record<DensityMeasure, string>>> = {
  privateDirty: 'private_dirty_kib',
  pss: 'pss_kib',
  shared: 'shared_kib',
  pageTables: 'page_tables_kib',
  hugetlb: 'private_hugetlb_kib',
  kernel: 'kernel_kib',
};

export function densityFamilies(records: readonly DensityRecord[]): readonly DensityFamily[] {
  const families = new Map<string, Map<string, DensityRecord[]>>();
  for (const record of records) {
    const id = record['cell'] ?? '';
    const key = id.replace(/\/\d+-alive/, '');
    const cells = families.get(key) ?? new Map<string, DensityRecord[]>();
    cells.set(id, [...(cells.get(id) ?? []), record]);
    families.set(key, cells);
  }
  return [...families]
    .map(([key, cells]) => ({
      key,
      steps: [...cells.values()].map(densityOf).sort((a, b) => a.asked - b.asked),
    }))
    .sort((a, b) => a.key.localeCompare(b.key));
}

export function densityCharts(
  families: readonly DensityFamily[],
  measures: readonly DensityMeasure[],
): readonly DensityChart[] {
  const groups = lineGroups(families, ({ steps }) => steps[0]?.row ?? {});
  return measures.flatMap((measure) =>
    groups.map(({ machine, lines }) => ({
      ...{ machine, measure },
      lines: lines.map(({ label, of }) => ({ label, points: pointsOf(of, measure) })),
    })),
  );
}

function pointsOf({ steps }: DensityFamily, measure: DensityMeasure) {
  return steps.flatMap(({ alive, each }) => {
    const kib = each[measure];
    return kib === undefined ? [] : [{ x: alive, y: kib / 1024 }];
  });
}

function densityOf(rounds: readonly DensityRecord[]): Density {
  const [row = {}] = rounds;
  const each = densityMeasureNames.map((name) => [name, medianOf(rounds, name)]);
  return {
    row,
    asked: Number(row['asked']),
    alive: Math.min(...rounds.map((round) => Number(round['alive']))),
    endedBecause:
      rounds.map((round) => round['ended_because'] ?? '').find((why) => why !== '') ?? '',
    each: Object.fromEntries(each) as Density['each'],
  };
}

function medianOf(rounds: readonly DensityRecord[], name: DensityMeasure): number | undefined {
  const values = rounds.map((round) => eachKiB(round, name)).filter((kib) => kib !== undefined);
  return values.length === 0 ? undefined : median(values);
}

function eachKiB(round: DensityRecord, name: DensityMeasure): number | undefined {
  const number = (column: string) => {
    const text = round[column] ?? '';
    return text === '' ? undefined : Number(text);
  };
  const alive = Number(round['alive']);
  if (alive === 0) return undefined;
  const column = columns[name];
  if (column !== undefined) {
    const total = number(column);
    return total === undefined ? undefined : total / alive;
  }
  const [before, full] = [number('available_before_kib'), number('available_alive_kib')];
  return before === undefined || full === undefined ? undefined : (before - full) / alive;
}
