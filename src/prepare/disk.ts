/** A guest's own disk: looked at, never written to. */
import { open, stat } from 'node:fs/promises';

import { sha256Of } from '../host/qemu.js';
import type { GuestDisk } from '../parse/scenario.js';
import type { MachineDisk } from '../qemu/disk.js';
import { faultOf } from './cell-fault.js';

export interface ReadyDisk extends MachineDisk {
  readonly sha256: string;
}

/** @throws CellFault where there is none, or it is no raw image */
export async function readyDisk({ path, mode }: GuestDisk, guest: string): Promise<ReadyDisk> {
  try {
    const { size } = await stat(path);
    if (size === 0) throw new Error(`${path} is empty`);
    if ((await beginningOf(path)).startsWith('QFI\xfb')) {
      throw new Error(`${path} is a qcow2 image, expected a raw one: qemu-img convert -O raw`);
    }
    return { path, mode, bytes: size, sha256: await sha256Of(path) };
  } catch (error) {
    throw faultOf(`guest "${guest}": its disk cannot be used`, error);
  }
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
}
