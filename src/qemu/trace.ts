/**
 * What a traced QEMU says of the loader: the firmware's accesses to the parts of the configuration
 * device (fw_cfg) that hold kernel, initramfs and command line. QEMU's own trace event, written to its
 * standard error with the time of day; the vCPU waits for `cont`, so that the first instruction has a
 * known instant.
 */
export const traceArguments = ['-S', '-trace', 'fw_cfg_select', '-msg', 'timestamp=on'] as const;

const event = /^(?:\d+@(\d+)\.(\d{6}):)?fw_cfg_select \S+ key 0x([0-9a-f]{4})/;

/**
 * Keys of what a loader takes (QEMU, include/standard-headers/linux/qemu_fw_cfg.h): kernel and initrd
 * addresses and sizes from 0x07, entry and data from 0x10, command line and setup code up to 0x18.
 */
const loaderKeys = new Set([
  ...[0x07, 0x08, 0x0a, 0x0b],
  ...[0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18],
]);

export function isTrace(line: string): boolean {
  return event.test(line);
}

/** An access of the loader to a part of the kernel. */
export interface Loading {
  /** QEMU's time of day, in ns since 1970; undefined where it does not tell. */
  readonly wallNs: bigint | undefined;
}

/** Undefined where the line tells of something else. */
export function loadingOf(line: string): Loading | undefined {
  const [, seconds, micros, key] = event.exec(line) ?? [];
  if (key === undefined || !loaderKeys.has(parseInt(key, 16))) return undefined;
  if (seconds === undefined || micros === undefined) return { wallNs: undefined };
  return { wallNs: (BigInt(seconds) * 1_000_000n + BigInt(micros)) * 1000n };
}
