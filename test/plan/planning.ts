// What the tests of the plan share: a host that has everything, and a plan of a scenario's text.

import type { FoundRuntime } from '../../src/container/runtime.js';
import type { InspectedQemu } from '../../src/host/qemu.js';
import { judgeKvmSpeed } from '../../src/host/kvm-speed.js';
import type { DeclaredGuest } from '../../src/parse/guests.js';
import { parseScenario, type Scenario } from '../../src/parse/scenario.js';
import type { Plan, PlanHost, PlanOptions } from '../../src/plan/cell.js';
import { plan } from '../../src/plan/plan.js';
import { runtimeNames, type RuntimeName } from '../../src/tiers.js';

const common = {
  ...{ description: '', version: '1', commandLine: '', modules: [] },
  frames: 'long',
} as const;

/** `tiny` does well on any KVM; `linux` needs a native one. */
export const guests: readonly DeclaredGuest[] = [
  {
    ...{
      ...common,
      name: 'linux',
      initramfs: 'default',
      folder: '/kernels/linux',
      source: { package: 'linux-image', file: 'boot/vmlinuz' },
    },
    ...{ marks: ['kernel', 'init'], needsNativeKvm: true, minimumMemory: 96 },
    identity: ['seed', 'none', 'virtio-rng'],
  },
  {
    ...{
      ...common,
      name: 'tiny',
      initramfs: 'none',
      folder: '/kernels/tiny',
      source: { build: 'tiny' },
    },
    ...{ marks: ['kernel', 'init'], needsNativeKvm: false, minimumMemory: 16 },
    identity: ['seed', 'none'],
  },
];

export function qemuOf(
  short: string,
  accelerators: string[] = ['kvm', 'tcg'],
  machines: string[] = ['microvm', 'pc', 'q35'],
): InspectedQemu {
  const version = { full: `QEMU emulator version ${short}`, short, distribution: null };
  const folders = { dataDirectories: [], besideDirectories: [] };
  const binary = `/usr/bin/qemu-${short}`;
  return {
    state: 'usable',
    qemu: { binary, sha256: 'ab'.repeat(32), version, machines, accelerators, ...folders },
  };
}

export function runtimeOf(name: RuntimeName, version: string): FoundRuntime {
  const binary = `/usr/bin/${name}`;
  const runtime = { name, binary, version: `${name} ${version}`, sha256: 'cd'.repeat(32) };
  return { state: 'usable', runtime };
}

export const native = judgeKvmSpeed(2e9);
export const emulated = judgeKvmSpeed(2.1e6);
export const noKvm = { state: 'unmeasured', why: 'no /dev/kvm' } as const;

/** A host with everything, some of it replaced. */
export function hostWith(replaced: Partial<PlanHost> = {}): PlanHost {
  return {
    qemus: new Map([
      ['qemu-system-x86_64', qemuOf('7.2.22')],
      ['/opt/10/qemu', qemuOf('10.0.8')],
      ['/opt/10b/qemu', qemuOf('10.0.8')],
    ]),
    firmware: new Map(),
    kvm: native,
    runtimes: new Map(runtimeNames.map((name) => [name, runtimeOf(name, '1.8.1')])),
    freeHugepagesMiB: 1024,
    notBuilt: new Set(),
    packings: new Map(),
    memoryAvailableMiB: 16_384,
    maxOpenFiles: 20_000,
    allowedCpus: [0, 1, 2, 3],
    ...replaced,
  };
}

/** A scenario `name: x` with these entries, each one line of YAML. */
export function scenarioOf(entries: readonly string[], head = 'name: x'): Scenario {
  const text = `${head}\nmatrix:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`;
  const names = guests.map(({ name }) => name);
  return parseScenario(text, 'x.yaml', '/scenarios', names);
}

export function planOf(
  entries: readonly string[],
  options: PlanOptions = {},
  host: PlanHost = hostWith(),
): Plan {
  return plan([scenarioOf(entries)], guests, host, options);
}

export function idsOf(...given: Parameters<typeof planOf>): readonly string[] {
  return planOf(...given).cells.map(({ id }) => id);
}
