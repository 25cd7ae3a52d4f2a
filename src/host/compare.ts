// Whether the numbers of two hosts may be compared: each fact says how much its difference weighs.

import type { Fact } from './fact.js';
import { hostFactKeys, hostFactTable } from './fact-table.js';
import type { HostFactKey, HostFacts } from './fact-table.js';
import type { KvmSpeed } from './kvm-speed.js';
import { showFact } from './show.js';

/** What a run keeps of its host. */
export interface HostRecord {
  facts: HostFacts;
  kvm: KvmSpeed;
}

/** One thing that differs, as shown on each side. */
export interface HostDifference {
  key: HostFactKey | 'kvmSpeed';
  label: string;
  severity: 'blocks' | 'warns';
  base: string;
  candidate: string;
}

export interface HostComparison {
  comparable: boolean;
  /** What blocks first, each in the table's order. */
  differences: HostDifference[];
}

/**
 * Lists what differs between the hosts of two runs. A fact known on one side only weighs no more
 * than `warns`: it has not been seen to differ.
 */
export function comparableHosts(base: HostRecord, candidate: HostRecord): HostComparison {
  const found = [
    ...hostFactKeys.flatMap((key) => factDifference(key, base.facts, candidate.facts)),
    ...speedDifference(base.kvm, candidate.kvm),
  ];
  const blocking = found.filter(({ severity }) => severity === 'blocks');
  const warning = found.filter(({ severity }) => severity === 'warns');
  return { comparable: blocking.length === 0, differences: [...blocking, ...warning] };
}

function factDifference(key: HostFactKey, base: HostFacts, candidate: HostFacts): HostDifference[] {
  const { label, compare } = hostFactTable[key];
  const [a, b] = [base[key], candidate[key]];
  if (compare === 'ignores' || sameFact(a, b)) return [];
  const severity = a.state === 'known' && b.state === 'known' ? compare : 'warns';
  const shown = { base: showFact(key, base[key]), candidate: showFact(key, candidate[key]) };
  return [{ key, label, severity, ...shown }];
}

// Values are plain data that `read` builds in one order, so their JSON is equal when they are.
function sameFact(a: Fact<unknown>, b: Fact<unknown>): boolean {
  if (a.state === 'unknown' || b.state === 'unknown') return a.state === b.state;
  return JSON.stringify(a.value) === JSON.stringify(b.value);
}

function speedDifference(base: KvmSpeed, candidate: KvmSpeed): HostDifference[] {
  const [a, b] = [kindOf(base), kindOf(candidate)];
  if (a === b) return [];
  const severity = a === 'unmeasured' || b === 'unmeasured' ? 'warns' : 'blocks';
  return [{ key: 'kvmSpeed', label: 'KVM speed', severity, base: a, candidate: b }];
}

function kindOf(speed: KvmSpeed): string {
  return speed.state === 'measured' ? speed.kind : speed.state;
}
