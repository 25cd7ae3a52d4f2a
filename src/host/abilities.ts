// What this host can run, and why not: the first thing `doctor` says.

import type { Fact } from './fact.js';
import type { HostFacts } from './fact-table.js';
import type { FoundRuntime } from '../container/runtime.js';
import type { RuntimeName } from '../tiers.js';
import { describeKvmSpeed, type KvmSpeed } from './kvm-speed.js';
import type { InspectedQemu, Qemu } from './qemu.js';

/** All that is known about a host. */
export interface HostState {
  facts: HostFacts;
  qemus: InspectedQemu[];
  kvm: KvmSpeed;
  runtimes: ReadonlyMap<RuntimeName, FoundRuntime>;
}

/** Yes, no or unknown; `why` says so in a sentence, with what to do when it is not yes. */
export interface Answer {
  answer: 'yes' | 'no' | 'unknown';
  why: string;
}

/** The closed list of what is asked of a host. */
export const abilities = {
  kvm: { label: 'guests on KVM', judge: canKvm },
  linuxOnKvm: { label: 'Linux on KVM', judge: canLinuxOnKvm },
  tcg: { label: 'guests under TCG', judge: canTcg },
  microvm: { label: 'machine type microvm', judge: canMicrovm },
  templatesInTmpfs: { label: 'templates in tmpfs', judge: canTmpfs },
  templatesInHugetlbfs: { label: 'templates in hugetlbfs', judge: canHugetlbfs },
  crun: { label: 'containers by crun', judge: canRuntime('crun') },
  runc: { label: 'containers by runc', judge: canRuntime('runc') },
} satisfies Record<string, { label: string; judge: (host: HostState) => Answer }>;

export type AbilityKey = keyof typeof abilities;

/** Each ability's answer on this host. */
export function hostAbilities(host: HostState): Record<AbilityKey, Answer> {
  const answers = Object.entries(abilities).map(([key, { judge }]) => [key, judge(host)] as const);
  return Object.fromEntries(answers) as Record<AbilityKey, Answer>;
}

function canKvm(host: HostState): Answer {
  const device = host.facts.kvmDevice;
  if (device.state === 'unknown') return unknown(`/dev/kvm could not be examined: ${device.why}`);
  if (device.value.status === 'missing') return no('/dev/kvm is missing; use --accel tcg');
  if (device.value.status === 'refused') {
    return no(`/dev/kvm refuses us (${device.value.error}); join the group kvm`);
  }
  return oneWith(host, 'accelerator kvm', (qemu) => qemu.accelerators.includes('kvm'));
}

function canLinuxOnKvm(host: HostState): Answer {
  const kvm = canKvm(host);
  if (kvm.answer !== 'yes') return kvm;
  const sentence = describeKvmSpeed(host.kvm);
  if (host.kvm.state === 'unmeasured') return unknown(sentence);
  if (host.kvm.kind === 'native') return yes(sentence);
  return no(`${sentence}; run the tiny guest on KVM, and Linux under TCG (--accel tcg)`);
}

function canTcg(host: HostState): Answer {
  return oneWith(host, 'accelerator tcg', (qemu) => qemu.accelerators.includes('tcg'));
}

function canMicrovm(host: HostState): Answer {
  return oneWith(host, 'machine type microvm', (qemu) => qemu.machines.includes('microvm'));
}

function canTmpfs(host: HostState): Answer {
  const folder = host.facts.sharedMemory;
  return fromFact(folder, ({ tmpfs, writable, freeMiB }) => {
    if (!tmpfs) return no('/dev/shm is not a tmpfs; mount one there');
    return writable
      ? yes(`/dev/shm has ${freeMiB} MiB free`)
      : no('/dev/shm is not writable by us');
  });
}

function canHugetlbfs(host: HostState): Answer {
  return fromFact(host.facts.hugepages, (sizes) => {
    const free = sizes.filter((size) => size.free > 0);
    const listed = free.map((size) => `${size.free} free of ${size.sizeKiB} kB`).join(', ');
    if (free.length > 0) return yes(listed);
    return no('no hugepage is free; reserve some: sysctl vm.nr_hugepages=256');
  });
}

function canRuntime(name: RuntimeName): (host: HostState) => Answer {
  return ({ runtimes }) => {
    const found = runtimes.get(name);
    if (found === undefined) return unknown('nobody tried');
    return found.state === 'usable' ? yes(found.runtime.version) : no(found.why);
  };
}

function oneWith(host: HostState, what: string, has: (qemu: Qemu) => boolean): Answer {
  const usable = host.qemus.flatMap((found) => (found.state === 'usable' ? [found.qemu] : []));
  if (usable.length === 0) return no('no usable QEMU was found; install one or give --qemu PATH');
  const versions = usable.filter(has).map((qemu) => qemu.version.short);
  if (versions.length > 0) return yes(`QEMU ${versions.join(', ')}`);
  return no(`no QEMU found here has ${what}; give another: --qemu PATH`);
}

function fromFact<V>(fact: Fact<V>, judge: (value: V) => Answer): Answer {
  return fact.state === 'known' ? judge(fact.value) : unknown(fact.why);
}

const yes = (why: string): Answer => ({ answer: 'yes', why });
const no = (why: string): Answer => ({ answer: 'no', why });
const unknown = (why: string): Answer => ({ answer: 'unknown', why });
