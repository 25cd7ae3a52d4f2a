/** How a run's sampling ended, in words: for every report. */
import type { RunRecord } from '../results/record.js';

/** By which rule sampling ended, whether the run was continued, and on which CPUs it was. */
export function samplingLines(record: RunRecord): readonly string[] {
  const { stops = [], resumed = [] } = record;
  return [
    ...pinLines(record),
    ...stops.map(({ scenario, rule, rounds, because, open }) => {
      const unknown = open.length === 0 ? '' : `; not known well enough: ${open.join(', ')}`;
      return `${scenario}: ${rule} Ended after ${rounds} rounds (${because})${unknown}.`;
    }),
    ...resumed.map(({ at, after }) => `continued at ${at}, after ${after} recorded starts`),
  ];
}

/** To which CPUs processes were kept; none where nobody asked for it. */
export function pinLines({ cells, harnessCpus = '' }: RunRecord): readonly string[] {
  // Records of older versions have no such field.
  const cpusOf = (cell: { readonly qemuCpus?: string }) => cell.qemuCpus ?? '';
  const lists = [...new Set(cells.map(cpusOf))];
  const ofQemu = lists
    .filter((list) => list !== '')
    .map((list) => {
      const ids = cells.filter((cell) => cpusOf(cell) === list).map(({ id }) => id);
      const whose = lists.length === 1 ? '' : ` of ${ids.join(', ')}`;
      return `QEMU${whose} was kept to CPU ${list}.`;
    });
  const ofHarness = harnessCpus === '' ? [] : [`The harness was kept to CPU ${harnessCpus}.`];
  return [...ofQemu, ...ofHarness];
}
