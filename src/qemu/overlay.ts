/**
 * A guest's own layer over a disk that many share: an empty qcow2 image without a name, in memory, so
 * that nothing is left of it however its QEMU ends. QEMU's `snapshot=on` makes a file with a name first.
 *
 * The layout is that of docs/interop/qcow2.txt in QEMU, version 3, as `qemu-img create` fills it: header,
 * refcount table, refcount block and L1 table, a cluster each. It names no backing file; QEMU is told.
 */
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';

import { EnvironmentError, messageOf } from '../errors.js';

const clusterBits = 16;
const cluster = 2 ** clusterBits;
const clusters = { refcountTable: 1, refcountBlock: 2, l1Table: 3, count: 4 } as const;
const headerBytes = 104;
/** What one entry of the L1 table stands for. */
const bytesPerL1Entry = cluster * (cluster / 8);

/** Node.js does not have O_TMPFILE. The value is that of Linux on x86. */
const tmpfile = 0o20000000 | constants.O_DIRECTORY;
const folder = '/dev/shm';

/**
 * @param diskBytes how large the disk below is
 * @returns an open descriptor, which the caller closes
 * @throws EnvironmentError where there is no room in memory
 */
export function openOverlay(diskBytes: number): number {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDWR | tmpfile, 0o600);
    ftruncateSync(fd, clusters.count * cluster);
    writeSync(fd, header(diskBytes), 0, headerBytes, 0);
    writeSync(fd, firstEntry(clusters.refcountBlock * cluster), 0, 8, cluster);
    writeSync(fd, refcounts(), 0, 2 * clusters.count, clusters.refcountBlock * cluster);
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw new EnvironmentError(`cannot make an overlay in ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function header(diskBytes: number): Buffer {
  const size = Math.ceil(diskBytes / 512) * 512;
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(Math.max(1, Math.ceil(size / bytesPerL1Entry)), 36);
  bytes.writeBigUInt64BE(BigInt(clusters.l1Table * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(clusters.refcountTable * cluster), 48);
  bytes.writeUInt32BE(1, 56);
  // Refcounts of 2^4 bits.
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(headerBytes, 100);
  return bytes;
}

function firstEntry(offset: number): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeBigUInt64BE(BigInt(offset));
  return entry;
}

function refcounts(): Buffer {
  const counts = Buffer.alloc(2 * clusters.count);
  for (let index = 0; index < clusters.count; index++) counts.writeUInt16BE(1, 2 * index);
  return counts;
}
