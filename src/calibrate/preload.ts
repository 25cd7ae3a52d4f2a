/** What preloading the base-point library costs a start: A/B, interleaved. */
import { hodgesLehmannShift } from '../statistics/hodges-lehmann.js';
import type { Probe } from './calibrate.js';

const label = 'preloading the base-point library, as a shift of cold `ready`';

/** One cold start; its `ready` in ms. */
export type ColdStart = (preloaded: boolean, signal: AbortSignal) => Promise<number>;

/** @param count starts of each kind; at least 4, or there is no interval */
export function preloadProbe(start: ColdStart, count: number): Probe {
  return {
    label,
    measure: async (signal) => {
      const { without, preloaded } = await startBoth(start, count, signal);
      const { estimate, interval } = hodgesLehmannShift(without, preloaded);
      return {
        ...{ state: 'measured', label, n: without.length + preloaded.length, p50Ms: estimate },
        intervalMs: interval === undefined ? undefined : [interval.lower, interval.upper],
      };
    },
  };
}

/** ABBA: whatever drifts steadily falls on both alike. */
async function startBoth(start: ColdStart, count: number, signal: AbortSignal) {
  const without: number[] = [];
  const preloaded: number[] = [];
  await start(false, signal);
  await start(true, signal);
  for (let pair = 0; pair < count; pair += 1) {
    for (const library of pair % 2 === 0 ? [false, true] : [true, false]) {
      (library ? preloaded : without).push(await start(library, signal));
    }
  }
  return { without, preloaded };
}
