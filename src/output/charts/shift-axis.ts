/** The axis of shifts of cells that differ by much: one that is slow by the factor 10 hides no other. */
import type { ForestRow } from './forest-rows.js';

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** Where on the axis a part is. */
  readonly place: (part: number) => number;
  readonly clamp: (part: number) => number;
  /** Added to the axis's title. */
  readonly note: string;
}

const linearTicks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5];
const bentTicks = [0.05, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
/** Beyond this the axis is no longer linear. */
const mostLinear = 0.6;
/** Of a bent axis: about linear up to here, logarithmic beyond. */
const bend = 0.05;

/** Floors beyond what was seen of shifts and their intervals need not be seen whole. */
export function axisOf(rows: readonly ForestRow[]): Axis {
  const ends = rows.flatMap(({ shift, interval, floor }) => [
    ...(shift === undefined ? [] : [shift]),
    ...(interval === undefined ? [] : [interval.lower, interval.upper]),
    ...(floor === undefined ? [] : [Math.min(floor, 0.1), -Math.min(floor, 0.1)]),
  ]);
  const [low, high] = [Math.min(-0.02, ...ends), Math.max(0.02, ...ends)];
  const isLinear = Math.max(-low, high) <= mostLinear;
  // A start cannot become faster by more than all of it.
  const [min, max] = [Math.max(-1, low * 1.1), high * 1.1];
  const steps = isLinear ? linearTicks : bentTicks;
  const all = [...steps.map((part) => -part).reverse(), 0, ...steps];
  const inside = all.filter((part) => part >= min && part <= max);
  const place = isLinear ? (part: number) => part : (part: number) => Math.asinh(part / bend);
  return {
    ...{ min, max, place },
    ticks: thinned(inside, place, place(max) - place(min)),
    clamp: (part) => Math.min(max, Math.max(min, part)),
    note: isLinear ? '' : ' (linear about 0, logarithmic beyond)',
  };
}

/** Labels that would lie on one another are left out. */
function thinned(ticks: readonly number[], place: Axis['place'], range: number): readonly number[] {
  const kept: number[] = [0];
  for (const tick of ticks.toSorted((a, b) => Math.abs(b) - Math.abs(a))) {
    const isFree = kept.every((other) => Math.abs(place(other) - place(tick)) > range / 10);
    if (isFree) kept.push(tick);
  }
  return kept.sort((a, b) => a - b);
}
