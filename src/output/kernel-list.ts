/** The guests' kernels as a table. */
import { alignedTable } from './ladder.js';
import { showMiB } from './numbers.js';

/** One guest's kernel, and what the cache has of it. */
export interface KernelEntry {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  /** `fetched`, `not built`, `damaged` and so on. */
  readonly state: string;
  /** Why it is damaged, or how one comes by a kernel that is not there. */
  readonly note: string | undefined;
  /** Of the vmlinux; undefined where there is none. */
  readonly bytes: number | undefined;
}

export function kernelListText(entries: readonly KernelEntry[]): string {
  const head = ['name', 'version', 'size', 'source', 'state'];
  return `${alignedTable([head, ...entries.map(row)])}\n`;
}

function row({ name, version, source, state, note, bytes }: KernelEntry): string[] {
  const size = bytes === undefined ? '-' : showMiB(bytes);
  return [name, version, size, source, note === undefined ? state : `${state}: ${note}`];
}
