/** Whether the host has room for one more VM: so that a density step ends before the host does. */
import { readdirSync, readFileSync } from 'node:fs';

import type { Cell } from '../plan/cell.js';

/** Beside its working set a QEMU takes some 20 MiB; what it takes more, the reserve is for. */
const besideWorkingSetMiB = 32;

/** Channels and listener of one more VM, and what the harness itself opens meanwhile. */
const sparedDescriptors = 40;

/** Undefined where there is room; else what is lacking. */
export function lacking(cell: Cell): string | undefined {
  return lackingMemory(cell) ?? lackingDescriptors();
}

/** Undefined where the host's reserve is left. */
export function lackingMemory({ memoryReserveMiB, workingSetMiB }: Cell): string | undefined {
  const availableKiB = memAvailableKiB();
  if (availableKiB === undefined) return undefined;
  const availableMiB = Math.floor(availableKiB / 1024);
  if (availableMiB >= memoryReserveMiB + workingSetMiB + besideWorkingSetMiB) return undefined;
  return `memory: ${availableMiB} MiB are available, and ${memoryReserveMiB} MiB are to stay so (memoryReserve)`;
}

function lackingDescriptors(): string | undefined {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const open = readdirSync('/proc/self/fd').length;
  if (limit === undefined || open + sparedDescriptors <= Number(limit)) return undefined;
  return `open files: ${open} of ${limit} are open; raise it: ulimit -n`;
}

const pageKiB = 4;

/**
 * MemAvailable, and the free pages that each processor keeps for itself: since Linux 6.7 those may be
 * gigabytes for a while after VMs have ended, and MemAvailable does not count them.
 */
export function memAvailableKiB(): number | undefined {
  const found = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf('/proc/meminfo'))?.[1];
  if (found === undefined) return undefined;
  const kept = [...textOf('/proc/zoneinfo').matchAll(/^\s+count:\s+(\d+)$/gm)];
  return kept.reduce((sum, [, pages]) => sum + Number(pages) * pageKiB, Number(found));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
