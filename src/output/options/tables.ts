/** What each choice wins as rows of text: for the terminal, report.md and report.html alike. */
import { showMs } from '../numbers.js';
import { showSigned } from '../boot/tables.js';
import type { OptionFinding } from './findings.js';

export const optionHead = [
  ...['choice', 'option', 'against', 'of', 'n', 'ready p50', 'wins [95 %]', 'of the base', 'told'],
] as const;

export function optionRows(findings: readonly OptionFinding[]): readonly (readonly string[])[] {
  return findings.map(({ factor, base, option, baseMs, optionMs, shift, p }) => {
    const { column, show, title } = factor;
    const interval =
      shift.interval === undefined
        ? ''
        : ` [${showSigned(-shift.interval.upper)}, ${showSigned(-shift.interval.lower)}]`;
    return [
      title,
      show(option.row[column] ?? ''),
      show(base.row[column] ?? ''),
      contextOf(base, column),
      String(option.n),
      showMs(optionMs),
      `${showSigned(-shift.estimate)}${interval}`,
      `${((-shift.estimate / baseMs) * 100).toFixed(1)} %`,
      told(shift.estimate, p),
    ];
  });
}

const alpha = 0.05;

function told(estimate: number, p: number): string {
  if (p > alpha) return 'no difference';
  return estimate < 0 ? 'faster' : 'slower';
}

/** What the two have in common of what is compared elsewhere in the table. */
function contextOf({ row }: OptionFinding['base'], column: string): string {
  const { guest = '', image = '', initramfs_packing: packing = '' } = row;
  const added = row['kernel_arguments'] ?? '';
  const parts = [
    ...(column === 'guest' ? [] : [guest]),
    ...(column === 'image' ? [] : [image]),
    ...(packing === 'none' || packing === '' || column === 'initramfs_packing' ? [] : [packing]),
    ...(row['initramfs_fill_mib'] === '0'
      ? []
      : [`${row['initramfs_fill_mib'] ?? '0'} MiB initramfs`]),
    ...(column === 'kernel_arguments' ? [] : [added]),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export const optionTitle = 'What each choice wins';

export const optionNote =
  'Cold boots that differ in one thing, each against the one that the scenario names first. *wins*: Hodges-Lehmann shift of ready in ms with its 95 % interval; positive is faster. *told*: whether there is a difference at all, by the Mann-Whitney test, corrected (Holm) over all rows of this table; the intervals are each by itself.';
