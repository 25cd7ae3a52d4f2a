/** Whether the host has room for one more VM: so that a density step ends before the host does. */
import { readdirSync, readFileSync } from 'node:fs';

import { cgroupRoomMiB } from '../host/memory-room.js';
import { hostTree } from '../host/tree.js';
import type { Cell } from '../plan/cell.js';

const tree = hostTree('/');

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
  const needed = memoryReserveMiB + workingSetMiB + besideWorkingSetMiB;
  const toStay = `${memoryReserveMiB} MiB are to stay so (memoryReserve)`;
  const availableKiB = memAvailableKiB();
  const availableMiB = availableKiB === undefined ? Infinity : Math.floor(availableKiB / 1024);
  if (availableMiB < needed) return `memory: ${availableMiB} MiB are available, and ${toStay}`;
  const roomMiB = cgroupRoomMiB(tree);
  if (roomMiB === undefined || roomMiB >= needed) return undefined;
  return `memory: ${roomMiB} MiB are left of the cgroup's limit, and ${toStay}`;
}

/** How many processes the kernel has killed for want of memory, in the host or in a cgroup. */
export function killedForMemory(): number {
  return Number(/^oom_kill (\d+)$/m.exec(textOf('/proc/vmstat'))?.[1] ?? 0);
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
