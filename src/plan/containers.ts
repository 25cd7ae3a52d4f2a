/**
 * Cells of the container tiers. Of a point of the matrix a container has its working set and, as a
 * limit, its memory; all that describes a virtual machine does not concern it.
 */
import type { RuntimeName } from '../tiers.js';
import type { PlanHost } from './cell.js';
import type { Draft } from './matrix.js';

/** What a container runs stands where the guest's name does. */
const program = { kind: 'program', name: 'init' } as const;

export function asContainer(draft: Draft, runtime: RuntimeName, host: PlanHost): Draft {
  const found = host.runtimes.get(runtime);
  const cell = {
    ...draft.cell,
    ...({ guest: program, accel: 'none', qemu: runtime, vcpus: 0, kernelArguments: '' } as const),
    ...({ identity: 'none', thp: 'host', image: 'vmlinux', initramfsPacking: 'none' } as const),
    ...({ initramfsFillMiB: 0, ends: 'guest' } as const),
    ...{ machine: 'none', firmware: 'none', cpu: 'none', backing: 'none' },
    qemuVersion: found?.state === 'usable' ? found.runtime.version : 'unknown',
  };
  return { ...draft, cell, accelAsked: 'auto' };
}

/** Points that differ only in what does not concern a container, or a guest without our PID 1, are one. */
export function distinct(drafts: readonly Draft[]): Draft[] {
  const seen = new Set<string>();
  return drafts.filter(({ cell }) => {
    if (cell.accel !== 'none' && cell.ends === 'guest') return true;
    const key = JSON.stringify(cell);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
