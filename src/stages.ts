/**
 * The stages of a fork, measured inside the base-point library, in the order they happen. Durations
 * in ms: each from the end of the one before it.
 */
export interface StageDefinition {
  readonly column: string;
  readonly title: string;
  readonly holds: string;
}

export type StageName = keyof typeof cloneStages;

export const cloneStages = {
  request: {
    column: 'request_ms',
    title: 'request',
    holds: 'the base point has read the request',
  },
  park: {
    column: 'park_ms',
    title: 'park',
    holds: 'every other thread of the base point stands still',
  },
  fork: { column: 'fork_ms', title: 'fork', holds: "the clone's process exists" },
  warm: {
    column: 'warm_ms',
    title: 'warm',
    holds: 'the pages of QEMU that every clone writes to are its own',
  },
  vm: {
    column: 'vm_ms',
    title: 'VM',
    holds: 'the VM, its memory and its interrupt routing exist again (KVM only)',
  },
  descriptors: {
    column: 'descriptors_ms',
    title: 'descriptors',
    holds: 'no descriptor of the clone can disturb the base point',
  },
  kvm: { column: 'kvm_ms', title: 'KVM rebuild', holds: 'the vCPUs and devices exist again too' },
  revive: { column: 'revive_ms', title: 'revive', holds: "QEMU's threads run in the clone" },
  load: { column: 'load_ms', title: 'load', holds: 'the template is loaded (fork only)' },
  continue: { column: 'continue_ms', title: 'continue', holds: 'a vCPU enters KVM_RUN (KVM only)' },
  first_mark: {
    column: 'first_mark_ms',
    title: 'first mark',
    holds: "the guest's first mark is written",
  },
} as const satisfies Record<string, StageDefinition>;

export const stageNames = Object.keys(cloneStages) as readonly StageName[];

/** A stage that did not happen is absent. */
export type StageTimes = Partial<Record<StageName, number>>;

/** Marks as the library stamped them inside the QEMU process: ms since the start of the start. */
export const insideColumns = { ready: 'inside_ready_ms', work: 'inside_work_ms' } as const;
