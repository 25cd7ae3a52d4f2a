/**
 * Kernel arguments whose value depends on the host, and is measured by a boot rather than typed in.
 * This closed list is the only one. Pure.
 */
export interface MeasuredArgument {
  readonly holds: string;
  /** How the kernel's log tells it. */
  readonly value: (log: string) => string | undefined;
}

export type MeasuredName = keyof typeof measuredArguments;

export const measuredArguments = {
  lpj: {
    holds: 'loops per jiffy',
    value: (log: string) => /\(lpj=(\d+)\)/.exec(log)?.[1],
  },
  tsc_khz: {
    holds: 'frequency of the time stamp counter',
    value: (log: string) => {
      const [, whole, part = ''] = /tsc: Detected (\d+)\.(\d{3}) MHz/.exec(log) ?? [];
      return whole === undefined ? undefined : String(Number(`${whole}${part}`));
    },
  },
} as const satisfies Record<string, MeasuredArgument>;

export const measuredNames = Object.keys(measuredArguments) as readonly MeasuredName[];

const placeholder = /\{(\w*)\}/g;

/** The names in braces, known or not. */
export function placeholdersOf(kernelArguments: string): readonly string[] {
  return [...kernelArguments.matchAll(placeholder)].map(([, name = '']) => name);
}

/** With the values in place of the names. */
export function withMeasured(
  kernelArguments: string,
  values: Readonly<Partial<Record<string, string>>>,
): string {
  return kernelArguments.replaceAll(placeholder, (all, name: string) => values[name] ?? all);
}

/** Without the words that have names in braces. */
export function withoutMeasured(kernelArguments: string): string {
  return kernelArguments
    .split(' ')
    .filter((word) => placeholdersOf(word).length === 0)
    .join(' ');
}
