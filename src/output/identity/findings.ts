/** What the guests of a cell that were observed have in common, and for how long. Pure. */
import type { IdentityName } from '../../identity.js';
import { observedFields, observedNames, type ObservedDefinition } from '../../observed.js';
import type { RecordedCell } from '../../results/record.js';
import type { ObservedClone } from '../../results/observed-clones.js';
import * as describe from '../../statistics/describe.js';

export interface IdentityFinding {
  readonly cell: RecordedCell;
  readonly identity: IdentityName;
  /** Guests that were observed, warm-ups included. */
  readonly clones: number;
  /** Of them, those that drew random bytes which another one drew too, before and after `ready`. */
  readonly equalBefore: number;
  readonly equalAfter: number;
  /** The longest that any guest drew what another one drew, ms after it was resumed. */
  readonly equalUntilMs: number | undefined;
  /** When each guest drew the first bytes of its own; undefined where one never did. */
  readonly ownFromMs: { readonly p50: number; readonly max: number } | undefined;
  /** When the shortest watch ended. */
  readonly watchedMs: number;
  readonly fields: readonly FieldFinding[];
  /** The guests' wall clocks less the host's. */
  readonly clockOffsetMs: { readonly min: number; readonly max: number };
}

/** One thing that guests tell of themselves. */
export interface FieldFinding {
  readonly title: string;
  readonly from: ObservedDefinition['from'];
  /** Guests that told it, and those that told what another one told too. */
  readonly told: number;
  readonly equal: number;
}

/** One finding for each cell that was observed, in the run's order. */
export function identityFindings(
  cells: readonly RecordedCell[],
  observed: readonly ObservedClone[],
): readonly IdentityFinding[] {
  return cells.flatMap((cell) => {
    const clones = observed.filter((clone) => clone.cell === cell.id);
    return clones.length === 0 ? [] : [findingOf(cell, clones)];
  });
}

function findingOf(cell: RecordedCell, clones: readonly ObservedClone[]): IdentityFinding {
  const shared = sharedDraws(clones);
  const lengths = clones.map(({ draws }) => draws.length).sort((a, b) => b - a);
  const ends = clones.map((clone) => {
    const longest = clone.draws.length === lengths[0] ? (lengths[1] ?? 0) : (lengths[0] ?? 0);
    return endOfSharing(clone, shared, longest);
  });
  const equal = (ready: boolean) =>
    clones.filter(({ draws }) =>
      draws.some((draw) => draw.ready === ready && shared.has(draw.random)),
    ).length;
  const until = ends.flatMap(({ equalUntilMs }) => equalUntilMs ?? []);
  const own = ends.flatMap(({ ownFromMs }) => ownFromMs ?? []);
  const offsets = clones.map(({ realtimeOffsetMs }) => realtimeOffsetMs);
  return {
    cell,
    identity: cell.identity,
    clones: clones.length,
    equalBefore: equal(false),
    equalAfter: equal(true),
    equalUntilMs: until.length === 0 ? undefined : describe.maximum(until),
    ownFromMs:
      own.length < clones.length
        ? undefined
        : { p50: describe.median(own), max: describe.maximum(own) },
    watchedMs: describe.minimum(clones.map(({ draws }) => draws.at(-1)?.atMs ?? 0)),
    fields: fieldFindings(clones),
    clockOffsetMs: { min: describe.minimum(offsets), max: describe.maximum(offsets) },
  };
}

/**
 * Bytes that more than one guest drew, at whatever place of its series: a guest whose kernel drew
 * once more meanwhile is as predictable as one that is in step.
 */
function sharedDraws(clones: readonly ObservedClone[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { draws } of clones) {
    const own = new Set(draws.map(({ random }) => random));
    for (const random of own) (seen.has(random) ? shared : seen).add(random);
  }
  return shared;
}

interface Ends {
  /** When the last bytes were drawn that another guest drew too. */
  readonly equalUntilMs: number | undefined;
  /** When the first were drawn after which none are shared. */
  readonly ownFromMs: number | undefined;
}

/** @param longest draws of any other guest: what comes after them has nothing to be equal to */
function endOfSharing(
  { draws }: ObservedClone,
  shared: ReadonlySet<string>,
  longest: number,
): Ends {
  const last = draws.findLastIndex(({ random }) => shared.has(random));
  const own = last + 1 < longest ? draws[last + 1] : undefined;
  return { equalUntilMs: draws[last]?.atMs, ownFromMs: own?.atMs };
}

function fieldFindings(clones: readonly ObservedClone[]): readonly FieldFinding[] {
  const ofGuest = observedNames.map((name) => {
    const { title, from } = observedFields[name];
    return { title, from, values: clones.map(({ fields }) => fields[name]) };
  });
  const generation = {
    title: 'VM generation id, as QEMU has it',
    from: 'fresh' as const,
    values: clones.map(({ generationId }) => generationId),
  };
  return [...ofGuest, generation].flatMap(({ title, from, values }) => {
    const told = values.filter((value) => value !== '');
    return told.length === 0 ? [] : [{ title, from, told: told.length, equal: twins(told) }];
  });
}

/** How many of the values are not the only ones of their kind. */
export function twins(values: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return values.filter((value) => (counts.get(value) ?? 0) > 1).length;
}
