/** The kernel's command line: the guest's own, and what a cell adds to it or takes out of it. Pure. */
import type { TraceName } from '../boot-stages.js';
import type { Cell } from '../plan/cell.js';

/**
 * The kernel times its initcalls into its log, all of which must be there at the end. The initramfs is
 * unpacked in its own initcall, not beside the others, so that its time can be told.
 */
const traceArguments: Readonly<Record<TraceName, string>> = {
  none: '',
  initcalls: 'initcall_debug printk.time=1 log_buf_len=1M initramfs_async=0',
};

/** A word with "-" in front takes that word out of the guest's own command line. */
export function commandLineOf(
  own: string,
  { kernelArguments, trace }: Pick<Cell, 'kernelArguments' | 'trace'>,
): string {
  const words = wordsOf(kernelArguments);
  const taken = new Set(words.filter(isTaken).map((word) => word.slice(1)));
  return [
    ...wordsOf(own).filter((word) => !taken.has(word)),
    ...words.filter((word) => !isTaken(word)),
    ...wordsOf(traceArguments[trace]),
  ].join(' ');
}

/** `--` is the kernel's own: what follows it is for PID 1. */
function isTaken(word: string): boolean {
  return /^-[^-]/.test(word);
}

function wordsOf(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}
