/** Where the time of a boot goes: stacks of the traced cells on one axis, and what is in them. */
import type { StoredRun } from '../../results/run-folder.js';
import { bootStageNames } from '../../boot-stages.js';
import { bootFindings, type BootFinding, type BootPart } from '../boot/findings.js';
import {
  bootNotes,
  costLines,
  initcallTable,
  stageTable,
  stepTable,
  type TextTable,
} from '../boot/tables.js';
import { showMs } from '../numbers.js';
import { markup, type Markup } from './markup.js';
import { colour, isLight } from './palette.js';
import type { Segment } from './segments.js';
import { stageBar } from './stage-chart.js';
import { table } from './tables.js';

/** Undefined for a run in which nothing was traced. */
export function bootSection(run: StoredRun): Markup | undefined {
  const findings = bootFindings(run);
  if (findings.length === 0) return undefined;
  const fullMs = Math.max(...findings.map(({ parts }) => sum(parts))) || 1;
  return markup`<section id="boot" aria-labelledby="boot-title"><h2 id="boot-title">Where a boot’s time goes</h2>
<figure class="ladder"><figcaption><h3>From the first instruction to PID 1</h3></figcaption>${legend(findings)}${findings.map((finding) => row(finding, fullMs))}</figure>
${shown('Stages, ms', stageTable(findings))}
<p class="note">${bootNotes.stages.replaceAll('*', '')}</p>
<ul>${costLines(findings).map((line) => markup`<li>${line}</li>`)}</ul>
${shown('The longest initcalls', initcallTable(findings))}
<p class="note">${bootNotes.initcalls.replaceAll('`', '')}</p>
${shown('The longest steps outside initcalls', stepTable(findings))}
<p class="note">${bootNotes.steps}</p></section>`;
}

function shown(caption: string, { head, rows }: TextTable): Markup {
  return table({ caption, head, rows });
}

function row({ label, parts, totalMs, cell }: BootFinding, fullMs: number): Markup {
  return markup`<div class="rung"><div class="rung-name">${label}<small>${cell.accel === 'kvm' ? 'KVM' : 'TCG (emulated)'}</small></div>${stageBar(label, parts.map(segment), fullMs)}<div class="rung-figure"><strong>${showMs(totalMs)} ms</strong> <small>to PID 1</small></div></div>`;
}

function segment({ name, title, holds, ms }: BootPart): Segment {
  const place = name === 'rest' ? bootStageNames.length : bootStageNames.indexOf(name);
  return { number: place + 1, label: title, holds, ms, colour: colour(place) };
}

function legend(findings: readonly BootFinding[]): Markup {
  const seen = new Map<number, Segment>();
  for (const one of findings.flatMap(({ parts }) => parts.map(segment))) seen.set(one.number, one);
  const items = [...seen.values()]
    .sort((a, b) => a.number - b.number)
    .map(
      ({ number, label, holds, colour: hue }) =>
        markup`<li title="${holds}"><span class="key ${isLight(hue) ? 'dark-text' : 'light-text'}" style="--c:${hue}">${number}</span> ${label}</li>`,
    );
  return markup`<ul class="legend">${items}</ul>`;
}

function sum(parts: readonly BootPart[]): number {
  return parts.reduce((total, { ms }) => total + ms, 0);
}
