/**
 * What a guest can tell of itself that another one must not have in common with it. The layout is
 * that of kernels/protocol.h (a test compares); results and reports hang off this table.
 */
export interface ObservedDefinition {
  readonly column: string;
  readonly title: string;
  /** Offset and length in what the guest sends. */
  readonly at: number;
  readonly bytes: number;
  /**
   * `fresh`: drawn or laid out after the guest went on, so that two guests should differ in it.
   * `template`: settled before the template was frozen; its clones share it whatever is done.
   */
  readonly from: 'fresh' | 'template';
}

export type ObservedName = keyof typeof observedFields;

export const observedFields = {
  uuid: field('uuid', 'next UUID of the kernel', 24, 16, 'fresh'),
  newRandom: field('new_random', "a new process's AT_RANDOM (its stack canary)", 56, 16, 'fresh'),
  newStack: field('new_stack', "a new process's stack", 72, 8, 'fresh'),
  newMmap: field('new_mmap', "a new process's first mmap", 80, 8, 'fresh'),
  newVdso: field('new_vdso', "a new process's vDSO", 88, 8, 'fresh'),
  hwrng: field('hwrng', 'first bytes of /dev/hwrng', 136, 16, 'fresh'),
  bootId: field('boot_id', 'boot id', 40, 16, 'template'),
  initRandom: field('init_random', "PID 1's AT_RANDOM (its stack canary)", 96, 16, 'template'),
  initStack: field('init_stack', "PID 1's stack", 112, 8, 'template'),
  kernelText: field('kernel_text', "the kernel's text", 120, 8, 'template'),
  directMap: field('direct_map', "the kernel's map of all memory", 128, 8, 'template'),
} as const;

export const observedNames = Object.keys(observedFields) as readonly ObservedName[];

function field(
  column: string,
  title: string,
  at: number,
  bytes: number,
  from: ObservedDefinition['from'],
): ObservedDefinition {
  return { column, title, at, bytes, from };
}

/** By name, in hexadecimal; empty where the guest's kernel does not tell. */
export type ObservedFields = Readonly<Record<ObservedName, string>>;
