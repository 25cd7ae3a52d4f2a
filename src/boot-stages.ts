/**
 * The stages of a boot that was traced, from the first instruction to PID 1, in the order they happen.
 * This closed list is the only one; results and reports hang off it.
 */

/** Ways to trace a boot. `initcalls`: with the kernel's initcall_debug, into its log. */
export const traceNames = ['none', 'initcalls'] as const;
export type TraceName = (typeof traceNames)[number];

/** Of a cell, or of a row of samples.csv; those of older versions do not say. */
export function isTraced({ trace }: { readonly trace?: string }): boolean {
  return !['', 'none'].includes(trace ?? '');
}

export interface BootStageDefinition {
  readonly title: string;
  /** What happens in it, and what its ends are. */
  readonly holds: string;
}

export type BootStageName = keyof typeof bootStages;

export const bootStages = {
  firmware: {
    title: 'firmware',
    holds: 'from the first instruction until something asks QEMU for a part of the kernel',
  },
  loader: {
    title: 'loader',
    holds: 'the option ROM or the firmware takes kernel, initramfs and command line from QEMU',
  },
  setup: {
    title: 'setup code',
    holds: "a bzImage's 16-bit code, until the decompressor runs (bzImage only)",
  },
  decompress: {
    title: 'decompression',
    holds: 'the decompressor unpacks and places the kernel (bzImage only)',
  },
  entry: {
    title: 'kernel entry',
    holds: "from the kernel's entry to its early console",
  },
  early: {
    title: 'early boot',
    holds: 'memory, interrupts, timers, the scheduler: until the first initcall',
  },
  initcalls: { title: 'initcalls', holds: 'what the initcalls took, one after another' },
  cpus: {
    title: 'CPUs, drivers',
    holds: 'between the early initcalls and the rest: other CPUs start, the driver core is set up',
  },
  initramfs: { title: 'initramfs', holds: 'the initramfs is unpacked (initcall populate_rootfs)' },
  exec: {
    title: 'exec of PID 1',
    holds:
      "from the last initcall to PID 1's first instruction: init memory is freed, PID 1 is loaded",
  },
} as const satisfies Record<string, BootStageDefinition>;

export const bootStageNames = Object.keys(bootStages) as readonly BootStageName[];

/** What lies between first instruction and PID 1 and is in no stage. */
export const notAttributed = {
  title: 'not attributed',
  holds: 'between the initcalls, most of it the writing of the log lines that time them',
} as const;

/** Times are in ms since the start. */
export interface BootSpan {
  readonly atMs: number;
  readonly ms: number;
}

export interface BootStage extends BootSpan {
  readonly name: BootStageName;
}

export interface Initcall extends BootSpan {
  /** The function's name; its address where neither the kernel nor its System.map has one. */
  readonly name: string;
}

/** What passed between two lines of the kernel's log, outside the initcalls. */
export interface BootStep extends BootSpan {
  /** The line that ended it: most often what took the time. */
  readonly name: string;
}

/** One boot that was traced. */
export interface BootTrace {
  /** From here to `initMs` the stages are parts. */
  readonly firstInstructionMs: number;
  /** PID 1 ran. */
  readonly initMs: number;
  readonly stages: readonly BootStage[];
  /** In the order in which they ended; populate_rootfs is among them. */
  readonly initcalls: readonly Initcall[];
  /** The longer ones of the stages before and after the initcalls, in their order. */
  readonly steps: readonly BootStep[];
}
