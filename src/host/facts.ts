// Reads the host: each row of the table, from the files below a root.

import { createHash } from 'node:crypto';
import { FactUnknown, type Fact, type HostTree } from './fact.js';
import { hostFactKeys, hostFactTable } from './fact-table.js';
import type { HostFactKey, HostFacts, HostFactValues } from './fact-table.js';
import { hostTree } from './tree.js';

/** Reads every host fact below `root`. A missing file makes its fact unknown; it never throws. */
export function readHostFacts(root = '/'): HostFacts {
  const tree = hostTree(root);
  const entries = hostFactKeys.map((key) => [key, readFact(key, tree)] as const);
  return Object.fromEntries(entries) as HostFacts;
}

function readFact<K extends HostFactKey>(key: K, tree: HostTree): Fact<HostFactValues[K]> {
  try {
    return { state: 'known', value: hostFactTable[key].read(tree) };
  } catch (error) {
    if (error instanceof FactUnknown) return { state: 'unknown', why: error.message };
    throw error;
  }
}

/**
 * Tells hosts apart without naming them: sha256 over CPU model, CPUs online, memory to the nearest
 * GiB (MemTotal moves a little with each kernel), kernel release and what the host is virtualised by.
 */
export function hostFingerprint(facts: HostFacts): string {
  const parts = [
    known(facts.cpuModel),
    known(facts.cpusOnline),
    toGiB(known(facts.memoryTotalMiB)),
    known(facts.kernelRelease),
    known(facts.virtualised),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function known<V>(fact: Fact<V>): V | null {
  return fact.state === 'known' ? fact.value : null;
}

function toGiB(mebibytes: number | null): number | null {
  return mebibytes === null ? null : Math.round(mebibytes / 1024);
}
