/** The findings as rows of text: for the terminal, report.md and report.html alike. */
import { identityWays } from '../../identity.js';
import type { RunRecord } from '../../results/record.js';
import { accelLabel } from '../../results/record.js';
import { showMaybe, showMs } from '../numbers.js';
import type { IdentityCost } from './costs.js';
import type { FieldFinding, IdentityFinding } from './findings.js';

export const identityHead = [
  ...['cell', 'random numbers come from', 'accel', 'guests'],
  ...['equal before ready', 'equal after ready', 'identical until', 'own from p50 (max)'],
] as const;

/** Times are in ms after the guest was resumed. */
export function identityRows(
  findings: readonly IdentityFinding[],
  record: RunRecord,
): readonly (readonly string[])[] {
  return findings.map((finding) => [
    finding.cell.id,
    identityWays[finding.identity].title,
    accelLabel(finding.cell.accel, record.host.kvm),
    String(finding.clones),
    String(finding.equalBefore),
    String(finding.equalAfter),
    showMaybe(finding.equalUntilMs, showMs),
    finding.ownFromMs === undefined
      ? `not in ${showMs(finding.watchedMs)}`
      : `${showMs(finding.ownFromMs.p50)} (${showMs(finding.ownFromMs.max)})`,
  ]);
}

/** One sentence a cell: what a reader takes away. */
export function identityVerdicts(findings: readonly IdentityFinding[]): readonly string[] {
  return findings.map((finding) => `${finding.cell.id}: ${verdict(finding)}`);
}

function verdict(finding: IdentityFinding): string {
  const { clones, equalAfter, equalUntilMs, ownFromMs, watchedMs } = finding;
  if (clones < 2) return 'one guest alone has nothing in common with another';
  if (equalUntilMs === undefined) return `no two of ${clones} guests drew the same random bytes`;
  const until = `up to ${showMs(equalUntilMs)} ms after they were resumed`;
  if (equalAfter === 0) {
    return `${clones} guests, random bytes identical ${until}; from ready on, no two drew the same`;
  }
  const rest =
    ownFromMs === undefined
      ? `and were watched for ${showMs(watchedMs)} ms`
      : `then their kernels reseeded (the last by ${showMs(ownFromMs.max)} ms)`;
  return `${equalAfter} of ${clones} guests said that they are ready and drew the same random bytes as another, ${until}, ${rest}`;
}

export const fieldHead = ['what a guest tells of itself', 'settled'] as const;

/** One column a cell: how many of those who told it told what another one told too. */
export function fieldRows(findings: readonly IdentityFinding[]): readonly (readonly string[])[] {
  const titles = new Map<string, FieldFinding['from']>();
  for (const { fields } of findings) {
    for (const { title, from } of fields) titles.set(title, from);
  }
  return [...titles].map(([title, from]) => [
    title,
    from === 'fresh' ? 'after resume' : 'in the template',
    ...findings.map(({ fields }) => {
      const found = fields.find((field) => field.title === title);
      return found === undefined ? '-' : `${found.equal} of ${found.told} equal`;
    }),
  ]);
}

/** How far the guests' wall clocks are behind the host's. */
export function clockLines(findings: readonly IdentityFinding[]): readonly string[] {
  return findings.map(({ cell, clockOffsetMs: { min, max } }) => {
    const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
    return `${cell.id}: the guests' wall clocks are ${seconds(min)} to ${seconds(max)} off the host's`;
  });
}

export function costLines(costs: readonly IdentityCost[]): readonly string[] {
  return costs.map(({ cell, shift: { estimate, interval }, n }) => {
    const range =
      interval === undefined ? '' : ` [${signed(interval.lower)}, ${signed(interval.upper)}]`;
    return `${cell.id}: ready is ${signed(estimate)} ms${range} against nothing done (${n} starts, Hodges-Lehmann, 95 %)`;
  });
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${showMs(Math.abs(ms))}`;
}
