/** The answer in one sentence for each machine: how fast each way is, and how much that gains. */
import { meetsOthers } from '../../observations.js';
import type { RunRecord } from '../../results/record.js';
import { metricOf, type CellSummary, type MetricSummary } from '../../summarise.js';
import { ratioOfMedians } from '../../statistics/bootstrap.js';
import { besideContainers } from '../beside-containers.js';
import { showRatio } from '../numbers.js';
import { medianText } from './figures.js';
import { groupByGuest, tierTitle, type MachineGroup } from './groups.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';

/** With fewer samples a resampled median hardly varies, and its interval would flatter. */
const leastForRatio = 6;

export function answers({ summary, record }: ReportData): Markup {
  if (summary.cells.length === 0) return nothingAlone({ summary, record });
  const items = groupByGuest(summary.cells, record).flatMap(({ guest, machines }) =>
    machines.map((machine) => answer(guest, machine, record)),
  );
  const beside = besideContainers(summary, record).map((line) => markup`<li>${line}.</li>`);
  return markup`<ul class="answers">${items}${beside}</ul>
<p class="note">From <em>start</em> to <em>ready</em>: median, in brackets its 95 % interval. What both mean is said under <a href="#method">method</a>.</p>`;
}

function nothingAlone({ summary, record }: Pick<ReportData, 'summary' | 'record'>): Markup {
  if (record.cells.some(meetsOthers)) {
    return markup`<p>The VMs of this run met others: how they did is under <a href="#together">many at once</a>.</p>`;
  }
  if (summary.traced.length > 0) {
    return markup`<p>The boots of this run were traced: see <a href="#boot">where their time went</a>.</p>`;
  }
  return markup`<p>No start was measured.</p>`;
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
  const base = cold === undefined ? undefined : metricOf(cold, 'ready');
  const gain = cell.tier === 'cold' ? '' : comparison(ready, base, seed);
  return markup`${name} is ready in <strong>${medianText(ready)}</strong>${gain}`;
}

/**
 * @param base of the same machine's cold boot; absent where the summary compares with one of another
 *   group of cells: then the ratio is its, and has no interval
 */
function comparison(own: MetricSummary, base: MetricSummary | undefined, seed: number): string {
  if (own.ratioToCold === undefined) return '';
  const short = `, ${showRatio(own.ratioToCold)} × cold boot`;
  if (base === undefined || own.min <= 0 || base.min <= 0) return short;
  if (Math.min(own.values.length, base.values.length) < leastForRatio) {
    return `${short} (too few to say how sure)`;
  }
  const { lower, upper } = ratioOfMedians(base.values, own.values, { seed });
  const apart = lower > 1 || upper < 1 ? '' : ', so not told apart from it';
  return `${short} [${showRatio(lower)}, ${showRatio(upper)}]${apart}`;
}
