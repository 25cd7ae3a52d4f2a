/** The answer in one sentence for each machine: how fast each way is, and how much that gains. */
import type { RunRecord } from '../../results/record.js';
import { metricOf, type CellSummary } from '../../summarise.js';
import { ratioOfMedians } from '../../statistics/bootstrap.js';
import { showRatio } from '../numbers.js';
import { medianText } from './figures.js';
import { groupByGuest, tierTitle, type MachineGroup } from './groups.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';

/** With fewer samples a resampled median hardly varies, and its interval would flatter. */
const leastForRatio = 6;

export function answers({ summary, record }: ReportData): Markup {
  if (summary.cells.length === 0) return markup`<p>No start was measured.</p>`;
  const items = groupByGuest(summary.cells, record).flatMap(({ guest, machines }) =>
    machines.map((machine) => answer(guest, machine, record)),
  );
  return markup`<ul class="answers">${items}</ul>
<p class="note">From <em>start</em> to <em>ready</em>: median, in brackets its 95 % interval. What both mean is said under <a href="#method">method</a>.</p>`;
}

function answer(guest: string, machine: MachineGroup, record: RunRecord): Markup {
  const cold = machine.cells.find(({ tier }) => tier === 'cold');
  const clauses = machine.cells.map((cell) => clause(cell, cold, record.seed));
  const sentence = clauses.flatMap((part, index) => (index === 0 ? [part] : [markup`; `, part]));
  return markup`<li><span class="who"><b>${guest}</b> on ${machine.label}</span> ${sentence}.</li>`;
}

function clause(cell: CellSummary, cold: CellSummary | undefined, seed: number): Markup {
  const ready = metricOf(cell, 'ready');
  const name = tierTitle(cell.tier);
  if (ready === undefined) return markup`${name} <strong>failed every time</strong>`;
  const gain = cold === undefined || cold === cell ? '' : comparison(cell, cold, seed);
  return markup`${name} is ready in <strong>${medianText(ready)}</strong>${gain}`;
}

function comparison(cell: CellSummary, cold: CellSummary, seed: number): string {
  const [own, base] = [
    metricOf(cell, 'ready')?.values ?? [],
    metricOf(cold, 'ready')?.values ?? [],
  ];
  if (Math.min(...own, ...base) <= 0 || base.length === 0) return '';
  if (Math.min(own.length, base.length) < leastForRatio) {
    const ratio = metricOf(cell, 'ready')?.ratioToCold;
    return ratio === undefined ? '' : `, ${showRatio(ratio)} × cold boot (too few to say how sure)`;
  }
  const { ratio, lower, upper } = ratioOfMedians(base, own, { seed });
  const apart = lower > 1 || upper < 1 ? '' : ', so not told apart from it';
  return `, ${showRatio(ratio)} × cold boot [${showRatio(lower)}, ${showRatio(upper)}]${apart}`;
}
