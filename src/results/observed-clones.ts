/** identity.csv: what each guest that was observed told of itself, one row a start. */
import { csvText, parseCsv } from '../csv.js';
import { messageOf } from '../errors.js';
import type { Draw, Observation, Sample } from '../measure/sample.js';
import { observedFields, observedNames, type ObservedFields } from '../observed.js';
import type { Cell } from '../plan/cell.js';

export const identityFileName = 'identity.csv';

export const identityColumns = [
  ...['run_id', 'cell', 'order', 'identity', 'observed_ms', 'realtime_offset_ms', 'boottime_ms'],
  ...['drawn_before_ready', 'drawn_after_ready'],
  ...observedNames.map((name) => observedFields[name].column),
  'generation_id',
] as const;

/** A start that was observed. */
export interface ObservedClone extends Observation {
  readonly cell: string;
  /** Its place in the run: the row of samples.csv with the same `order` has its marks. */
  readonly order: number;
}

/** The row of this sample, as text; empty where nothing was observed. */
export function identityRow(runId: string, sample: Sample, cell: Cell): string {
  if (sample.state !== 'ok' || sample.observation === undefined) return '';
  const { observation } = sample;
  const { draws, observedMs, realtimeOffsetMs, boottimeMs, fields, generationId } = observation;
  const drawn = (ready: boolean) => drawsText(draws.filter((draw) => draw.ready === ready));
  const record = {
    ...{ run_id: runId, cell: cell.id, order: String(sample.order), identity: cell.identity },
    observed_ms: observedMs.toFixed(3),
    realtime_offset_ms: realtimeOffsetMs.toFixed(0),
    boottime_ms: boottimeMs.toFixed(3),
    drawn_before_ready: drawn(false),
    drawn_after_ready: drawn(true),
    ...Object.fromEntries(observedNames.map((name) => [observedFields[name].column, fields[name]])),
    generation_id: generationId,
  };
  return csvText([record], identityColumns, false);
}

/** `1.234=c0ffee...` for each draw: ms since the guest was resumed, and the bytes. */
function drawsText(draws: readonly Draw[]): string {
  return draws.map(({ atMs, random }) => `${atMs.toFixed(3)}=${random}`).join(' ');
}

/**
 * A start that was repeated after its sample was lost has two rows: the later one counts.
 *
 * @throws Error with the line of the first row that cannot be one of ours
 */
export function readObservedClones(text: string): readonly ObservedClone[] {
  const clones = new Map<number, ObservedClone>();
  try {
    for (const { record, line } of parseCsv(text, refuseOtherHeader)) {
      const clone = toClone(record);
      if (!Number.isInteger(clone.order)) throw new Error(`line ${line}: "order" is no number`);
      clones.set(clone.order, clone);
    }
  } catch (error) {
    throw new Error(`identity.csv: ${messageOf(error)}`, { cause: error });
  }
  return [...clones.values()];
}

function refuseOtherHeader(columns: readonly string[]): void {
  const missing = identityColumns.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`line 1: there is no column "${missing}"`);
}

function toClone(record: Readonly<Record<string, string>>): ObservedClone {
  const field = (name: string) => record[name] ?? '';
  const fields = observedNames.map((name) => [name, field(observedFields[name].column)]);
  return {
    cell: field('cell'),
    order: field('order') === '' ? NaN : Number(field('order')),
    draws: [
      ...toDraws(field('drawn_before_ready'), false),
      ...toDraws(field('drawn_after_ready'), true),
    ],
    observedMs: Number(field('observed_ms')),
    realtimeOffsetMs: Number(field('realtime_offset_ms')),
    boottimeMs: Number(field('boottime_ms')),
    fields: Object.fromEntries(fields) as ObservedFields,
    generationId: field('generation_id'),
  };
}

function toDraws(text: string, ready: boolean): readonly Draw[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [at = '', random = ''] = word.split('=');
      return { atMs: Number(at), random, ready };
    });
}
