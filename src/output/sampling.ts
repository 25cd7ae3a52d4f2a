/** How a run's sampling ended, in words: for every report. */
import type { RunRecord } from '../results/record.js';

/** By which rule sampling ended, and whether the run was continued. */
export function samplingLines({ stops = [], resumed = [] }: RunRecord): readonly string[] {
  return [
    ...stops.map(({ scenario, rule, rounds, because, open }) => {
      const unknown = open.length === 0 ? '' : `; not known well enough: ${open.join(', ')}`;
      return `${scenario}: ${rule} Ended after ${rounds} rounds (${because})${unknown}.`;
    }),
    ...resumed.map(({ at, after }) => `continued at ${at}, after ${after} recorded starts`),
  ];
}
