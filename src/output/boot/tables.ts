/** The findings on traced boots as rows of text: for the terminal, report.md and report.html alike. */
import { bootStageNames, bootStages, notAttributed } from '../../boot-stages.js';
import { showMs } from '../numbers.js';
import type { BootFinding, NamedMs } from './findings.js';

export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row for each cell, a column for each stage that any of them has. */
export function stageTable(findings: readonly BootFinding[]): TextTable {
  const names = [...bootStageNames, 'rest' as const].filter((name) =>
    findings.some(({ parts }) => parts.some((part) => part.name === name)),
  );
  const title = (name: (typeof names)[number]) =>
    name === 'rest' ? notAttributed.title : bootStages[name].title;
  return {
    head: ['boot', 'n', 'to PID 1', ...names.map(title), 'covered'],
    rows: findings.map(({ label, boots, totalMs, parts, covered }) => [
      ...[label, String(boots), showMs(totalMs)],
      ...names.map((name) => {
        const part = parts.find((one) => one.name === name);
        return part === undefined ? '-' : showMs(part.ms);
      }),
      `${(covered * 100).toFixed(1)} %`,
    ]),
  };
}

const shownInitcalls = 20;
const shownSteps = 8;

export function initcallTable(findings: readonly BootFinding[]): TextTable {
  return beside(ofGuests(findings), shownInitcalls, ({ initcalls }) => initcalls);
}

export function stepTable(findings: readonly BootFinding[]): TextTable {
  return beside(ofGuests(findings), shownSteps, ({ steps }) => steps);
}

/** One cell of each guest: what its kernel does is the same however it is packed. */
function ofGuests(findings: readonly BootFinding[]): readonly BootFinding[] {
  return findings.filter(
    ({ cell }, index) =>
      findings.findIndex((other) => other.cell.guest.name === cell.guest.name) === index,
  );
}

/** The longest of each guest, side by side. */
function beside(
  findings: readonly BootFinding[],
  most: number,
  of: (finding: BootFinding) => readonly NamedMs[],
): TextTable {
  const count = Math.min(most, Math.max(0, ...findings.map((finding) => of(finding).length)));
  return {
    head: ['', ...findings.flatMap(({ label }) => [label, 'ms'])],
    rows: Array.from({ length: count }, (_, place) => [
      String(place + 1),
      ...findings.flatMap((finding) => {
        const found = of(finding)[place];
        return found === undefined ? ['-', '-'] : [found.name, showMs(found.ms)];
      }),
    ]),
  };
}

/** What tracing costs, in a sentence for each cell. */
export function costLines(findings: readonly BootFinding[]): readonly string[] {
  return findings.map(({ label, cost }) => {
    if (cost === undefined) {
      return `${label}: what tracing costs is not known: the same boot was not measured without it in this run`;
    }
    const { estimate, interval } = cost.shift;
    const range =
      interval === undefined
        ? ' (too few starts for an interval)'
        : ` [${showSigned(interval.lower)}, ${showSigned(interval.upper)}]`;
    return `${label}: traced, PID 1 runs later by ${showSigned(estimate)} ms${range}; without, "init" comes ${showMs(cost.initMs)} ms after start`;
  });
}

export function showSigned(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${showMs(Math.abs(ms))}`;
}

export const bootNotes = {
  stages:
    'Medians in ms. A traced boot begins at the first instruction: QEMU holds the vCPU until it is told to go on. Firmware and loader are told apart by what the firmware asks of QEMU (fw_cfg), the kernel by the early console that it sets up on the mark port (three times in a bzImage: setup code, decompressor, kernel), the rest by the kernel’s own log, which nobody prints while it boots and PID 1 hands over at the end. A bzImage’s decompression includes the kernel’s entry, unless the kernel says when it is unpacked (CONFIG_X86_VERBOSE_BOOTUP). *covered*: what the stages are of the whole, in the boot in which that was least. These boots are in no other figure of this report.',
  initcalls:
    'From the line “calling” to the line “returned” that the kernel logs (`initcall_debug`), medians in ms, one traced cell of each guest. Shorter ones than 0.1 ms are in boot.csv as one sum.',
  steps:
    'What passed between two lines of the kernel’s log before the first initcall and after the last, at least 1 ms, under the line that ended it.',
} as const;
