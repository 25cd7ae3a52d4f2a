// The one table of host facts, joined from its groups in the order they are shown. Pure: what was
// read on another host, or last year, is shown and compared with it too.

import type { Fact, FactDefinition } from './fact.js';
import { cpuFacts } from './cpu-facts.js';
import { kernelFacts } from './kernel-facts.js';
import { kvmFacts } from './kvm-facts.js';
import { limitFacts } from './limit-facts.js';
import { loadFacts } from './load-facts.js';
import { machineFacts } from './machine-facts.js';
import { memoryFacts } from './memory-facts.js';

const rows = {
  ...kernelFacts,
  ...cpuFacts,
  ...machineFacts,
  ...kvmFacts,
  ...memoryFacts,
  ...limitFacts,
  ...loadFacts,
};

export type HostFactKey = keyof typeof rows;

/** The type of each fact's value, by its key. */
export type HostFactValues = {
  [K in HostFactKey]: (typeof rows)[K] extends FactDefinition<infer V> ? V : never;
};

/** Everything that is known, and not known, about a host. Plain data: survives JSON. */
export type HostFacts = { [K in HostFactKey]: Fact<HostFactValues[K]> };

export const hostFactTable: { [K in HostFactKey]: FactDefinition<HostFactValues[K]> } = rows;

export const hostFactKeys = Object.keys(rows) as HostFactKey[];

/** The groups of the table, in the order they are shown. */
export const hostFactGroups: Record<string, HostFactKey[]> = {
  kernel: keysOf(kernelFacts),
  processors: keysOf(cpuFacts),
  machine: keysOf(machineFacts),
  KVM: keysOf(kvmFacts),
  memory: keysOf(memoryFacts),
  limits: keysOf(limitFacts),
  load: keysOf(loadFacts),
};

function keysOf<T extends object>(group: T): (keyof T)[] {
  return Object.keys(group) as (keyof T)[];
}
