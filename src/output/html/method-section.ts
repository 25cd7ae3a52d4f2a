/** The method in plain words, for a reader who trusts no benchmark. */
import { samplingLines } from '../sampling.js';
import { marks, markNames } from '../../marks.js';
import type { RunRecord } from '../../results/record.js';
import { samplesForPercentile } from '../../statistics/describe.js';
import { tiers } from '../../tiers.js';
import { emulation } from '../emulation.js';
import { tierTitle } from './groups.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';
import { nameTable } from './tables.js';
import { talkSource } from './talk.js';

export function methodSection({ record }: ReportData): Markup {
  return markup`<section id="method" aria-labelledby="method-title"><h2 id="method-title">Method, in plain words</h2>
<h3>What is timed</h3>
<p><b>Start</b> is the instant just before the harness asks for the VM: before QEMU is spawned or, where a waiting QEMU is forked, before the request is sent to it; of a container, before its runtime is spawned. <b>Ready</b>: ${marks.ready.holds}. <b>Work</b>: ${marks.work.holds}. Every way of starting begins and ends at the same instants, or the rungs could not be compared.</p>
<p>VMM ready, ready and work are always shown side by side, because a single “restore time” misleads: QEMU can report that it is done before the guest has run one instruction, and memory that was not copied is paid for when it is first touched.</p>
${nameTable('The marks: ms since the start, on CLOCK_MONOTONIC', markRows())}
${nameTable('The ways to start a VM', tierRows(record))}
<h3>Order of the starts</h3>
<p>${orderText(record)} A slow change of the host so meets all cells alike, and the run-order plots show it. Warm-ups are recorded and drawn hollow; no figure contains them.</p>
<h3>Statistics, and what they refuse</h3>
${statistics()}
<h3>Failed starts</h3>
<p>A start that misses a mark, brings marks in an impossible order, or cannot prove that it came from its template is failed. It has a reason and a log, and no time: it is counted, shown as a cross, and never enters a figure as a very fast or a very slow start.</p>
<h3>Emulation</h3>
${emulationText(record)}
<h3>The talk’s figures</h3>
<p>The dashed lines and the last column are from ${talkSource}. They were taken on hardware that its authors do not name. They show where the idea comes from; nothing here is compared with them.</p></section>`;
}

function markRows(): readonly (readonly [string, string])[] {
  return markNames.map((name) => [marks[name].title, marks[name].holds]);
}

function tierRows({ cells }: RunRecord): readonly (readonly [string, string])[] {
  const used = [...new Set(cells.map(({ tier }) => tier))];
  return used
    .filter((tier) => Object.hasOwn(tiers, tier))
    .map((tier) => [tierTitle(tier), `leaves out ${tiers[tier].bypasses}`]);
}

function orderText(record: RunRecord): string {
  const { cells, seed } = record;
  const counts = cells.map(({ runs, warmup }) => `${runs} (after ${warmup} warm-ups)`);
  const planned = [...new Set(counts)].join(', ');
  return `Cells are not measured one after the other. A round starts each cell once, in an order shuffled from seed ${seed}; measured rounds planned for a cell, at most: ${planned}. ${samplingLines(record).join(' ')}`;
}

function statistics(): Markup {
  const [p90, p99] = [samplesForPercentile(0.9), samplesForPercentile(0.99)];
  return markup`<ul>
<li>The headline is the <b>median</b>. Its 95 % interval is made of order statistics, which assume nothing about the distribution’s shape. Below 6 samples there is none.</li>
<li><b>p90</b> is refused below ${p90} samples and <b>p99</b> below ${p99}: with fewer there is no 95 % upper bound for them. A dash stands in its place.</li>
<li><b>× cold</b> is the ratio of two medians; the interval in the answers is a seeded bootstrap of 2000 resamples. Where it holds 1, the two are not told apart.</li>
<li><b>Outliers</b> (modified z-score above 3.5) are named and never dropped: a slow start is a start.</li>
<li><b>Drift</b> compares the first third of the samples with the last (Mann-Whitney, p &lt; 0.01, and a change of at least 1 %). <b>More than one mode</b> is looked for with Silverman’s test. A <b>slow first start</b> is held against the median of the others.</li>
<li><b>Starts that resemble the one before</b> are not independent, and then the interval is too narrow: the lag-1 correlation of their ranks is flagged where it is at least 0.3 and beyond what 999 of 1000 independent cells keep to.</li>
</ul>`;
}

function emulationText({ cells, host }: RunRecord): Markup {
  const items = cells.flatMap(({ id, accel }) => {
    const reason = emulation(accel, host.kvm);
    return reason === undefined
      ? []
      : [markup`<li><b class="id">${id}</b>: <strong>emulated</strong>. ${reason}.</li>`];
  });
  const native =
    host.kvm.state === 'measured'
      ? 'No cell was emulated: KVM ran every guest natively on this host’s processor.'
      : `Whether KVM emulated the guests is not known: ${host.kvm.why}.`;
  return items.length === 0
    ? markup`<p>${native}</p>`
    : markup`<p>Some instructions of these guests did not run on the processor but in software. What the guest itself does (boot, reseed, touch memory) takes longer than on hardware; what QEMU and the host’s kernel do does not. So the shares of the stages, and the gain of one tier over another, differ from those on hardware.</p><ul>${items}</ul>`;
}
