// The answer of `doctor`: first what this host can run, then its facts, then what to mind. The same
// report is data for --json and text for people.

import type { FoundRuntime } from '../container/runtime.js';
import type { RuntimeName } from '../tiers.js';
import { abilities, hostAbilities, type AbilityKey, type Answer } from './abilities.js';
import type { Fact, Warning } from './fact.js';
import { hostFactGroups, hostFactKeys, hostFactTable } from './fact-table.js';
import type { HostFactKey, HostFacts, HostFactValues } from './fact-table.js';
import { describeKvmSpeed, type KvmSpeed } from './kvm-speed.js';
import type { InspectedQemu } from './qemu.js';

/** The shape of `doctor --json`. Keys are stable; new ones may be added. */
export interface HostReport {
  canRun: Record<AbilityKey, Answer>;
  kvmSpeed: KvmSpeed;
  qemus: InspectedQemu[];
  facts: HostFacts;
  warnings: HostWarning[];
}

/** A warning and the fact that gave it. */
export interface HostWarning extends Warning {
  fact: HostFactKey;
}

/** Joins what was read and measured into one report. */
export function hostReport(
  facts: HostFacts,
  qemus: InspectedQemu[],
  kvm: KvmSpeed,
  runtimes: ReadonlyMap<RuntimeName, FoundRuntime> = new Map(),
): HostReport {
  const canRun = hostAbilities({ facts, qemus, kvm, runtimes });
  return { canRun, kvmSpeed: kvm, qemus, facts, warnings: hostWarnings(facts) };
}

/** The warnings of every known fact, in the table's order; they travel with a run's numbers. */
export function hostWarnings(facts: HostFacts): HostWarning[] {
  return hostFactKeys.flatMap((key) => {
    const warning = warningOf(key, facts[key]);
    return warning === undefined ? [] : [{ fact: key, ...warning }];
  });
}

/** A fact as a person reads it. */
export function showFact<K extends HostFactKey>(key: K, fact: Fact<HostFactValues[K]>): string {
  return fact.state === 'known' ? hostFactTable[key].show(fact.value) : `unknown (${fact.why})`;
}

/** The report as plain aligned text, ending in a newline. */
export function hostReportText(report: HostReport): string {
  const sections = [
    section('can run', abilityRows(report)),
    section('QEMU', report.qemus.map(qemuRow)),
    ...Object.entries(hostFactGroups).map(([title, keys]) =>
      section(title, factRows(keys, report.facts)),
    ),
    section('warnings', report.warnings.map(warningLine)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function warningOf<K extends HostFactKey>(
  key: K,
  fact: Fact<HostFactValues[K]>,
): Warning | undefined {
  return fact.state === 'known' ? hostFactTable[key].warn?.(fact.value) : undefined;
}

type Row = [label: string, text: string];

function abilityRows(report: HostReport): Row[] {
  const keys = Object.keys(abilities) as AbilityKey[];
  const rows = keys.map((key): Row => {
    const { answer, why } = report.canRun[key];
    return [abilities[key].label, `${answer.padEnd(7)}  ${why}`];
  });
  return [...rows, ['speed', describeKvmSpeed(report.kvmSpeed)]];
}

function factRows(keys: HostFactKey[], facts: HostFacts): Row[] {
  return keys.map((key) => [hostFactTable[key].label, showFact(key, facts[key])]);
}

// The three a scenario names; the versioned ones would fill the screen.
const shownMachines = ['microvm', 'pc', 'q35'];

function qemuRow(found: InspectedQemu): Row {
  if (found.state === 'unusable') return [found.binary, `unusable: ${found.why}`];
  const { binary, version, accelerators, machines } = found.qemu;
  const types = shownMachines.filter((name) => machines.includes(name));
  const parts = [version.short, accelerators.join(' '), types.join(' '), version.distribution];
  return [binary, parts.filter((part) => part !== null).join('; ')];
}

function warningLine({ seen, do: action }: HostWarning): Row {
  return ['', `${seen}; ${action}`];
}

function section(title: string, rows: Row[]): string {
  if (rows.length === 0) return `${title}\n  none`;
  const width = Math.max(...rows.map(([label]) => label.length));
  const gap = width === 0 ? '' : '  ';
  return [title, ...rows.map(([label, text]) => `  ${label.padEnd(width)}${gap}${text}`)].join(
    '\n',
  );
}
