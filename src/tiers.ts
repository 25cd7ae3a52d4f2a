/** The tiers: the ways to start a guest. This closed list is the only one; all else hangs off it. */
import type { EndName } from './ends.js';
import type { MarkName } from './marks.js';

export interface TierDefinition {
  readonly title: string;
  /** What this way leaves out, compared with the one above it. */
  readonly bypasses: string;
  /**
   * How a start begins: a QEMU is spawned, a waiting one is cloned, there is no QEMU at all, or the
   * container runtime of the tier's name is spawned.
   */
  readonly begins: 'spawn' | 'clone' | 'floor' | 'container';
  /** Marks a start must deliver, or it failed. */
  readonly marks: readonly MarkName[];
  readonly needsTemplate: boolean;
  /** The figure of the KVM Forum 2019 talk in ms, on its authors' hardware; never ours. */
  readonly talkMs: number | undefined;
}

/** The container tiers; each is called as its runtime's program is. */
export type RuntimeName = 'crun' | 'runc';

export type TierName = 'cold' | 'restore' | 'fork' | 'fork-loaded' | 'floor' | RuntimeName;

export const tiers: Readonly<Record<TierName, TierDefinition>> = {
  cold: {
    title: 'cold boot',
    bypasses: 'nothing',
    begins: 'spawn',
    marks: ['vmm_ready', 'kernel', 'init', 'ready', 'work', 'exit'],
    needsTemplate: false,
    talkMs: 500,
  },
  restore: {
    title: 'template restore',
    bypasses: "the guest kernel's init",
    begins: 'spawn',
    marks: ['vmm_ready', 'resumed', 'ready', 'work', 'exit'],
    needsTemplate: true,
    talkMs: 150,
  },
  fork: {
    title: 'fork',
    bypasses: "QEMU's init too: the clone of a waiting QEMU loads the template",
    begins: 'clone',
    marks: ['vmm_ready', 'resumed', 'ready', 'work', 'exit'],
    needsTemplate: true,
    talkMs: 35,
  },
  'fork-loaded': {
    title: 'fork, loaded',
    bypasses: 'the load too: the waiting QEMU had loaded the template',
    begins: 'clone',
    marks: ['vmm_ready', 'resumed', 'ready', 'work', 'exit'],
    needsTemplate: true,
    talkMs: undefined,
  },
  floor: {
    title: 'floor',
    bypasses: 'QEMU and the guest: a VM, memory, an irqchip, a vCPU, one port write',
    begins: 'floor',
    marks: ['ready'],
    needsTemplate: false,
    talkMs: undefined,
  },
  crun: {
    title: 'container, crun',
    bypasses: 'the VM: a process in namespaces and a cgroup of its own, on the host’s kernel',
    begins: 'container',
    marks: ['init', 'ready', 'work', 'exit'],
    needsTemplate: false,
    talkMs: undefined,
  },
  runc: {
    title: 'container, runc',
    bypasses: 'the VM, as crun does',
    begins: 'container',
    marks: ['init', 'ready', 'work', 'exit'],
    needsTemplate: false,
    talkMs: undefined,
  },
};

export const tierNames = Object.keys(tiers) as readonly TierName[];

/** Marks that only our PID 1, or the kernel arguments that come with it, can give. */
const marksOfPid1: readonly MarkName[] = ['kernel', 'init', 'work'];

/** Marks that a start must deliver which ends there, or it failed. Older versions recorded no end. */
export function requiredMarks(tier: TierName, end: EndName = 'guest'): readonly MarkName[] {
  const { marks, begins, needsTemplate } = tiers[tier];
  if (end === 'guest' || begins === 'floor') return marks;
  const own = marks.filter((name) => !marksOfPid1.includes(name));
  return needsTemplate ? own : ['line', ...own];
}

export function isRuntime(tier: TierName): tier is RuntimeName {
  return tiers[tier].begins === 'container';
}

export const runtimeNames = tierNames.filter(isRuntime);

/** The talk's figure beside a cell of ours: it started Linux, which our own `tiny` guest is not. */
export function talkMsBeside(tier: TierName, guest: string): number | undefined {
  return startsAsTheTalkDid(tier, guest) ? tiers[tier].talkMs : undefined;
}

/** Whether its figures may be drawn along a cell: a virtual machine that runs Linux. */
export function startsAsTheTalkDid(tier: TierName, guest: string): boolean {
  return guest !== 'tiny' && tier !== 'floor' && !isRuntime(tier);
}

/** The talk's figures, fastest first. */
export const talkFigures: readonly { readonly title: string; readonly ms: number }[] = tierNames
  .flatMap((name) => {
    const { title, talkMs } = tiers[name];
    return talkMs === undefined ? [] : [{ title, ms: talkMs }];
  })
  .sort((a, b) => a.ms - b.ms);

/** Where the figures in `talkMs` come from, for every place that shows them. */
export const talk = {
  title: 'Bring QEMU to Micro Service World',
  event: 'KVM Forum 2019',
  authors: 'Xiao Guangrong, Zhang Yulei (Tencent Cloud)',
} as const;
