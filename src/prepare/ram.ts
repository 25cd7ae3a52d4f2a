/** The file behind a template's guest RAM: open, filled, and without a name that could stay behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';

import type { Context } from '../context.js';
import { EnvironmentError } from '../errors.js';

const hugepageKiB = '2048';
const ramDescriptor = 3;

/** An open descriptor; QEMU gets a copy of it. */
export class RamFile implements Disposable {
  private constructor(readonly fd: number) {}

  /**
   * @param backing `tmpfs`, `hugetlbfs` or a folder
   * @param source a file of that size to fill it from
   * @throws EnvironmentError where the backing has no room
   */
  static async create(
    backing: string,
    memoryMiB: number,
    source: string | undefined,
    context: Context,
  ): Promise<RamFile> {
    const program = join(context.home, 'dist/native/basepoint-ram');
    const where =
      backing === 'hugetlbfs'
        ? ['hugetlb', hugepageKiB]
        : ['dir', backing === 'tmpfs' ? '/dev/shm' : backing];
    const args = [...where, String(memoryMiB * 2 ** 20), ...(source === undefined ? [] : [source])];
    const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    holder.stdin.on('error', () => undefined);
    const ended = once(holder, 'close');
    try {
      await Promise.race([once(holder.stdout, 'data'), ended]);
      if (holder.exitCode !== null || holder.signalCode !== null || holder.pid === undefined) {
        const why =
          complaint.trim() ||
          `${program} ended with ${String(holder.signalCode ?? holder.exitCode)}`;
        throw new EnvironmentError(
          `no room for ${memoryMiB} MiB of guest RAM on ${backing}: ${why}`,
        );
      }
      const path = `/proc/${holder.pid}/fd/${ramDescriptor}`;
      return new RamFile(openSync(path, constants.O_RDWR));
    } finally {
      holder.stdin.end();
      await ended;
    }
  }

  /** What of it is in memory; holes are not. */
  get residentBytes(): number {
    return fstatSync(this.fd).blocks * 512;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
