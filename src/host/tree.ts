// The host's /proc, /sys and /dev, below a root that tests replace by a tree of their own.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { FactUnknown, type DeviceAccess, type FolderSpace, type HostTree } from './fact.js';

// statfs(2): TMPFS_MAGIC.
const tmpfsMagic = 0x01021994;

/** Reads the host's files below `root`. */
export function hostTree(root: string): HostTree {
  const place = (path: string): string => join(root, path);
  return {
    text: (path) => attempt(path, () => readFileSync(place(path), 'utf8').trim()),
    list: (path) => attempt(path, () => readdirSync(place(path)).sort()),
    exists: (path) => existsSync(place(path)),
    device: (path) => deviceAccess(place(path)),
    space: (path) => attempt(path, () => folderSpace(place(path))),
  };
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FactUnknown(`${path}: ${errorCode(error)}`, { cause: error });
  }
}

function deviceAccess(path: string): DeviceAccess {
  if (!existsSync(path)) return { status: 'missing' };
  const mode = `0${(statSync(path).mode & 0o7777).toString(8)}`;
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    return { status: 'usable', mode };
  } catch (error) {
    return { status: 'refused', mode, error: errorCode(error) };
  }
}

function folderSpace(path: string): FolderSpace {
  const { type, bavail, bsize } = statfsSync(path);
  const freeMiB = Math.floor((bavail * bsize) / 2 ** 20);
  return { tmpfs: type === tmpfsMagic, freeMiB, writable: isWritable(path) };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
