/** How the lines of charts are grouped and called: a chart for each machine, a line for each tier. */

type Row = Readonly<Record<string, string>>;

export interface Line<T> {
  readonly label: string;
  readonly of: T;
}

export interface LineGroup<T> {
  /** Guest, accelerator, memory, and what is touched of it. */
  readonly machine: string;
  readonly lines: readonly Line<T>[];
}

/** What a line's label says beside its tier, where the lines of a chart differ in it. */
const variants = ['qemu', 'machine', 'vcpus', 'backing', 'thp', 'arrivals'] as const;

/** Not by the ids of cells: they name what varies among the cells of one tier alone. */
export function lineGroups<T extends { readonly key: string }>(
  items: readonly T[],
  rowOf: (item: T) => Row,
): readonly LineGroup<T>[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const machine = machineOf(rowOf(item));
    groups.set(machine, [...(groups.get(machine) ?? []), item]);
  }
  return [...groups].map(([machine, own]) => ({ machine, lines: linesOf(own, rowOf) }));
}

function machineOf(row: Row): string {
  const field = (name: string) => row[name] ?? '';
  const base = `${field('guest')}/${field('accel')}/${field('memory_mib')}M`;
  return `${base}, ${field('working_set_mib')} MiB touched`;
}

function linesOf<T extends { readonly key: string }>(
  items: readonly T[],
  rowOf: (item: T) => Row,
): readonly Line<T>[] {
  const rows = items.map(rowOf);
  const telling = variants.filter((name) => new Set(rows.map((row) => row[name])).size > 1);
  const labels = rows.map((row) => labelOf(row, telling));
  return items.map((of, index) => {
    const label = labels[index] ?? '';
    // What else tells two of them apart is in their ids.
    const isAlone = labels.filter((other) => other === label).length === 1;
    return { label: isAlone ? label : of.key, of };
  });
}

/** That RAM is in tmpfs, and huge pages are as the host has them, goes without saying. */
function labelOf(row: Row, telling: readonly string[]): string {
  const shown = telling
    .filter((name) => row[name] !== 'tmpfs' && row[name] !== 'host')
    .map((name) => (name === 'backing' ? (row[name] ?? '') : `${name} ${row[name] ?? ''}`));
  return [row['tier'] ?? '', ...shown].join(', ');
}
