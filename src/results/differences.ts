/** Whether a run may be continued here and now: what is no longer as its record says. */
import type { Runtime } from '../container/runtime.js';
import { comparableHosts } from '../host/compare.js';
import type { Qemu } from '../host/qemu.js';
import type { Cell } from '../plan/cell.js';
import type { RecordedCell, RunRecord } from './record.js';

/** What is there now. Before anything is prepared, the cells are those of the plan. */
export interface Present extends Pick<
  RunRecord,
  'basepoint' | 'node' | 'seed' | 'harnessCpus' | 'scenarios' | 'host' | 'qemus' | 'runtimes'
> {
  readonly cells: readonly (Cell | RecordedCell)[];
}

/** One line for each difference that makes samples taken now another run's; none where it may go on. */
export function differences(before: RunRecord, present: Present): readonly string[] {
  return [
    ...changed('basepoint', before.basepoint, present.basepoint),
    ...changed('Node.js', before.node, present.node),
    ...changed('seed', before.seed, present.seed),
    ...changed('CPUs of the harness', before.harnessCpus ?? '', present.harnessCpus ?? ''),
    ...scenarioDifferences(before, present),
    ...hostDifferences(before, present),
    ...qemuDifferences(before.qemus, present.qemus),
    ...runtimeDifferences(before.runtimes, present.runtimes),
    ...cellDifferences(before.cells, present.cells),
  ];
}

function changed(what: string, was: unknown, is: unknown): readonly string[] {
  const [a, b] = [text(was), text(is)];
  return a === b ? [] : [`${what}: was ${a}, is ${b}`];
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function scenarioDifferences(before: RunRecord, present: Present): readonly string[] {
  return before.scenarios.flatMap(({ file, text: then }, index) => {
    const now = present.scenarios[index]?.text ?? '';
    if (now === then) return [];
    const [was, is] = [then.split('\n'), now.split('\n')];
    const at = was.findIndex((line, place) => line !== is[place]);
    const line = at < 0 ? was.length : at;
    return changed(`${file}, line ${line + 1}`, was[line] ?? '', is[line] ?? '');
  });
}

function hostDifferences({ host }: RunRecord, present: Present): readonly string[] {
  const found = comparableHosts(host, present.host)
    .differences.filter(({ severity }) => severity === 'blocks')
    .map(({ label, base, candidate }) => `host, ${label}: was ${base}, is ${candidate}`);
  return found.length > 0
    ? found
    : changed('host fingerprint', host.fingerprint, present.host.fingerprint);
}

function qemuDifferences(before: readonly Qemu[], present: readonly Qemu[]): readonly string[] {
  return before.flatMap(({ binary, sha256 }) => {
    const now = present.find((qemu) => qemu.binary === binary);
    return changed(`QEMU ${binary}, sha256`, sha256, now?.sha256);
  });
}

function runtimeDifferences(
  before: readonly Runtime[] = [],
  present: readonly Runtime[] = [],
): readonly string[] {
  return before.flatMap(({ name, sha256 }) => {
    const now = present.find((runtime) => runtime.name === name);
    return changed(`${name}, sha256`, sha256, now?.sha256);
  });
}

function cellDifferences(
  before: readonly RecordedCell[],
  present: Present['cells'],
): readonly string[] {
  const ids = (cells: Present['cells']) => cells.map(({ id }) => id);
  const [was, is] = [ids(before), ids(present)];
  return [
    ...was.filter((id) => !is.includes(id)).map((id) => `${id}: is no cell of the plan any more`),
    ...is.filter((id) => !was.includes(id)).map((id) => `${id}: was no cell of the plan`),
    ...before.flatMap((cell) => {
      const now = present.find(({ id }) => id === cell.id);
      return now === undefined ? [] : fieldDifferences(cell, now);
    }),
  ];
}

/**
 * A template's state may be made again under the same key, and differ by a few bytes; how many huge
 * pages fit into QEMU's code depends on where it was loaded.
 */
const mayDiffer = new Set(['stateBytes', 'hugeCodeBytes']);

function fieldDifferences(before: RecordedCell, present: Cell | RecordedCell): readonly string[] {
  const was = new Map<string, unknown>(Object.entries(before));
  return Object.entries(present)
    .filter(([name]) => !mayDiffer.has(name))
    .flatMap(([name, is]) => changed(`${before.id}, ${name}`, was.get(name), is));
}
