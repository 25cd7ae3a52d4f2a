/**
 * The marks: named instants of one start, in ms since its start on CLOCK_MONOTONIC.
 *
 * `after` lists the marks that cause this one. Only those bind the order: the monitor and the guest
 * speak over different channels, so a fast guest may be seen before QEMU's monitor has answered.
 */
export interface MarkDefinition {
  readonly column: string;
  readonly title: string;
  readonly holds: string;
  readonly after: readonly MarkName[];
  /** What to do about a guest that gives the marks that follow, and not this one; may be empty. */
  readonly whenMissing: string;
}

export type MarkName =
  'vmm_ready' | 'kernel' | 'init' | 'resumed' | 'ready' | 'work' | 'exit' | 'line';

export const marks = {
  vmm_ready: {
    column: 'vmm_ready_ms',
    title: 'VMM ready',
    holds: "QEMU's monitor answered its first command",
    after: [],
    whenMissing: '',
  },
  kernel: {
    column: 'kernel_ms',
    title: 'kernel',
    holds: 'first sign of life of the guest kernel',
    after: [],
    whenMissing:
      'the kernel has no early console: build it with CONFIG_EARLY_PRINTK=y and start it with earlyprintk=serial,0xe9,800',
  },
  init: {
    column: 'init_ms',
    title: 'init',
    holds: 'PID 1 runs',
    after: ['kernel'],
    whenMissing: '',
  },
  resumed: {
    column: 'resumed_ms',
    title: 'resumed',
    holds: 'the VM was told to continue from the template',
    after: [],
    whenMissing: '',
  },
  ready: {
    column: 'ready_ms',
    title: 'ready',
    holds: 'guest user space received identity and seed, reseeded, and said so',
    after: ['init', 'resumed', 'line'],
    whenMissing: '',
  },
  work: {
    column: 'work_ms',
    title: 'work',
    holds: 'the working set was touched and fresh random bytes were returned',
    after: ['ready'],
    whenMissing: '',
  },
  exit: {
    column: 'exit_ms',
    title: 'exit',
    holds: 'QEMU, or the container and its runtime, was gone after it was asked to quit',
    after: ['work'],
    whenMissing: '',
  },
  line: {
    column: 'line_ms',
    title: 'ready line',
    holds: 'a guest without our PID 1 printed the ready line that its scenario names',
    after: [],
    whenMissing: '',
  },
} as const satisfies Record<MarkName, MarkDefinition>;

export const markNames = Object.keys(marks) as readonly MarkName[];

/** Marks of one start: ms since its start. A mark that was not delivered is absent, never zero. */
export type Marks = Partial<Record<MarkName, number>>;

/** Codes on the guest's mark port; kernels/protocol.h has the same numbers (a test compares). */
export const guestCodes = {
  KERNEL: 0x90,
  INIT: 0x91,
  BASE: 0x92,
  SEALED: 0x93,
  READY: 0x94,
  WORK: 0x95,
  DATA: 0x96,
  ERROR: 0x97,
  BURNT: 0x98,
  DRAWN: 0x99,
  OBSERVED: 0x9a,
  LOG: 0x9b,
  SYNC: 0x9c,
} as const;

/**
 * Why the marks do not make a complete start, or nothing when they do: a required mark is missing,
 * or one precedes a mark that causes it.
 */
export function markProblem(found: Marks, required: readonly MarkName[]): string | undefined {
  for (const name of required) {
    const at = found[name];
    if (at === undefined) return `mark "${name}" was not delivered`;
    for (const cause of marks[name].after) {
      const earlier = found[cause];
      if (earlier !== undefined && earlier > at) {
        return `mark "${name}" at ${at.toFixed(3)} ms precedes "${cause}" at ${earlier.toFixed(3)} ms`;
      }
    }
  }
  return undefined;
}
