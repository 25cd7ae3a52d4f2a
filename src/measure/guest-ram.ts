/**
 * The mapping of guest RAM in a QEMU: which file is behind it, and how much of it others map, too.
 * Read from /proc after `work`, and only where a scenario asks who shares pages with whom.
 */
import { readFile } from 'node:fs/promises';

import type { GuestRam } from './sample.js';

/** Undefined where guest RAM is no file, or the host does not tell. */
export async function readGuestRam(
  pid: number,
  memoryMiB: number,
  root = '/proc',
): Promise<GuestRam | undefined> {
  const smaps = await readFile(`${root}/${pid}/smaps`, 'utf8').catch(() => '');
  return guestRamIn(smaps, memoryMiB);
}

interface Mapped {
  sizeKiB: number;
  rssKiB: number;
  pssKiB: number;
}

/** A mapping may lie in several pieces: those of one file are one. Guest RAM is the one of its size. */
export function guestRamIn(smaps: string, memoryMiB: number): GuestRam | undefined {
  const files = new Map<string, Mapped>();
  let current: Mapped | undefined;
  for (const line of smaps.split('\n')) {
    const [, device, inode] = headPattern.exec(line) ?? [];
    if (device !== undefined) {
      const file = `${device}:${inode ?? ''}`;
      current =
        inode === '0' ? undefined : (files.get(file) ?? { sizeKiB: 0, rssKiB: 0, pssKiB: 0 });
      if (current !== undefined) files.set(file, current);
    } else if (current !== undefined) add(current, line);
  }
  const found = [...files].find(([, { sizeKiB }]) => sizeKiB === memoryMiB * 1024);
  return found && { file: found[0], rssKiB: found[1].rssKiB, pssKiB: found[1].pssKiB };
}

/** `start-end permissions offset device inode path` */
const headPattern = /^[0-9a-f]+-[0-9a-f]+ \S+ [0-9a-f]+ ([0-9a-f]+:[0-9a-f]+) (\d+)/;

function add(mapped: Mapped, line: string): void {
  const [, label, text] = /^(Size|Rss|Pss):\s+(\d+) kB$/.exec(line) ?? [];
  if (label === 'Size') mapped.sizeKiB += Number(text);
  if (label === 'Rss') mapped.rssKiB += Number(text);
  if (label === 'Pss') mapped.pssKiB += Number(text);
}
