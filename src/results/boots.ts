/** boot.csv: stages, initcalls and steps of the boots that were traced, one row each. */
import {
  bootStageNames,
  type BootSpan,
  type BootStageName,
  type BootTrace,
} from '../boot-stages.js';
import { csvText, parseCsv } from '../csv.js';
import { messageOf } from '../errors.js';
import type { Sample } from '../measure/sample.js';

export const bootFileName = 'boot.csv';

export const bootColumns = ['run_id', 'cell', 'order', 'kind', 'name', 'at_ms', 'ms'] as const;

/** `boot`: from the first instruction to PID 1, and the first row of its start. */
type BootRowKind = 'boot' | 'stage' | 'initcall' | 'initcalls below' | 'step';

/** Shorter ones are summed up in one row. */
export const leastInitcallMs = 0.1;

export interface TracedBoot extends Omit<BootTrace, 'initcalls'> {
  readonly cell: string;
  /** Its place in the run: the row of samples.csv with the same `order` has its marks. */
  readonly order: number;
  /** Those of at least {@link leastInitcallMs}. */
  readonly initcalls: BootTrace['initcalls'];
  /** Of all the others. */
  readonly shortInitcallsMs: number;
}

/** The rows of this sample, as text; empty where its boot was not traced. */
export function bootRows(runId: string, sample: Sample): string {
  if (sample.state !== 'ok' || sample.boot === undefined) return '';
  const { firstInstructionMs, initMs, stages, initcalls, steps } = sample.boot;
  const row = (kind: BootRowKind, name: string, { atMs, ms }: BootSpan) => ({
    ...{ run_id: runId, cell: sample.cell, order: String(sample.order), kind, name },
    ...{ at_ms: atMs.toFixed(3), ms: ms.toFixed(3) },
  });
  const long = initcalls.filter(({ ms }) => ms >= leastInitcallMs);
  const short = initcalls.filter(({ ms }) => ms < leastInitcallMs);
  const shortMs = short.reduce((sum, { ms }) => sum + ms, 0);
  const from = stages.find(({ name }) => name === 'initcalls')?.atMs ?? firstInstructionMs;
  const whole = { atMs: firstInstructionMs, ms: initMs - firstInstructionMs };
  const rows = [
    row('boot', '', whole),
    ...stages.map((stage) => row('stage', stage.name, stage)),
    ...long.map((one) => row('initcall', one.name, one)),
    row('initcalls below', `${leastInitcallMs} ms: ${short.length}`, { atMs: from, ms: shortMs }),
    ...steps.map((step) => row('step', step.name, step)),
  ];
  return csvText(rows, bootColumns, false);
}

/** One that is being read. */
interface Reading {
  firstInstructionMs: number;
  initMs: number;
  shortInitcallsMs: number;
  readonly cell: string;
  readonly order: number;
  readonly stages: TracedBoot['stages'][number][];
  readonly initcalls: TracedBoot['initcalls'][number][];
  readonly steps: TracedBoot['steps'][number][];
}

type Row = Readonly<Record<string, string>>;

/**
 * A start that was repeated after its sample was lost has its rows twice: the later ones count.
 *
 * @throws Error with the line of the first row that cannot be one of ours
 */
export function readBoots(text: string): readonly TracedBoot[] {
  const boots = new Map<number, Reading>();
  try {
    for (const { record, line } of parseCsv(text, refuseOtherHeader)) {
      const problem = take(record, boots);
      if (problem !== undefined) throw new Error(`line ${line}: ${problem}`);
    }
  } catch (error) {
    throw new Error(`${bootFileName}: ${messageOf(error)}`, { cause: error });
  }
  return [...boots.values()];
}

function refuseOtherHeader(columns: readonly string[]): void {
  const missing = bootColumns.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`line 1: there is no column "${missing}"`);
}

/** What is wrong with the row, if anything is. */
function take(record: Row, boots: Map<number, Reading>): string | undefined {
  const { cell = '', kind = '', name = '' } = record;
  const wrong = ['order', 'at_ms', 'ms'].find((column) => !isNumber(record[column] ?? ''));
  if (wrong !== undefined) return `"${wrong}" must be a number`;
  const [order, atMs, ms] = [
    Number(record['order']),
    Number(record['at_ms']),
    Number(record['ms']),
  ];
  if (kind === 'boot') {
    boots.set(order, {
      ...{ cell, order, firstInstructionMs: atMs, initMs: atMs + ms, shortInitcallsMs: 0 },
      ...{ stages: [], initcalls: [], steps: [] },
    });
    return undefined;
  }
  const boot = boots.get(order);
  if (boot === undefined) return `there is no row "boot" of start ${order} before it`;
  const add = parts.get(kind);
  return add === undefined ? `unknown kind "${kind}"` : add(boot, name, { atMs, ms });
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/** What a row of each other kind adds to its boot; what is wrong with it, if anything is. */
const parts: ReadonlyMap<
  string,
  (boot: Reading, name: string, span: BootSpan) => string | undefined
> = new Map([
  [
    'stage',
    (boot, name, span) => {
      if (!isStage(name)) return `unknown stage "${name}"`;
      boot.stages.push({ name, ...span });
      return undefined;
    },
  ],
  [
    'initcall',
    (boot, name, span) => {
      boot.initcalls.push({ name, ...span });
      return undefined;
    },
  ],
  [
    'initcalls below',
    (boot, _name, { ms }) => {
      boot.shortInitcallsMs = ms;
      return undefined;
    },
  ],
  [
    'step',
    (boot, name, span) => {
      boot.steps.push({ name, ...span });
      return undefined;
    },
  ],
]);

function isStage(name: string): name is BootStageName {
  return (bootStageNames as readonly string[]).includes(name);
}
