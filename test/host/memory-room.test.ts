import { describe, expect, it } from 'vitest';

import { FactUnknown, type HostTree } from '../../src/host/fact.js';
import { cgroupRoomMiB } from '../../src/host/memory-room.js';

/** A host that has these files and nothing else. */
function treeOf(files: Readonly<Record<string, string>>): HostTree {
  const refuse = (path: string): never => {
    throw new FactUnknown(`${path}: ENOENT`);
  };
  return {
    text: (path) => files[path] ?? refuse(path),
    exists: (path) => path in files,
    list: refuse,
    device: refuse,
    space: refuse,
  };
}

const MiB = 2 ** 20;
const cgroupOf = (folder: string, limit: string, usageMiB: number, stat: string) => ({
  [`${folder}/memory.max`]: limit,
  [`${folder}/memory.current`]: String(usageMiB * MiB),
  [`${folder}/memory.stat`]: stat,
});
const version2 = {
  '/proc/mounts': 'cgroup2 /cg cgroup2 rw 0 0',
  '/proc/self/cgroup': '0::/jobs/one',
};

describe('the room that cgroups leave', () => {
  it('is that of the tightest of them, a parent included', () => {
    const tree = treeOf({
      ...version2,
      ...cgroupOf('/cg/jobs', String(500 * MiB), 300, ''),
      ...cgroupOf('/cg/jobs/one', String(400 * MiB), 100, ''),
    });
    expect(cgroupRoomMiB(tree)).toBe(200);
  });

  it('counts pages of files as free: the kernel takes those before it kills', () => {
    const stat = `anon ${50 * MiB}\ninactive_file ${30 * MiB}\nactive_file ${20 * MiB}\n`;
    const tree = treeOf({
      ...version2,
      ...cgroupOf('/cg/jobs', 'max', 300, ''),
      ...cgroupOf('/cg/jobs/one', String(400 * MiB), 390, stat),
    });
    expect(cgroupRoomMiB(tree)).toBe(60);
  });

  it('in version 1 has children counted by their parents', () => {
    const folder = '/cg/memory/jobs';
    const tree = treeOf({
      '/proc/mounts': 'cgroup /cg/memory cgroup rw,memory 0 0',
      '/proc/self/cgroup': '4:memory:/jobs',
      [`${folder}/memory.limit_in_bytes`]: String(400 * MiB),
      [`${folder}/memory.usage_in_bytes`]: String(390 * MiB),
      [`${folder}/memory.stat`]: `inactive_file 0\ntotal_inactive_file ${7 * MiB}\n`,
    });
    expect(cgroupRoomMiB(tree)).toBe(17);
  });

  it('is never below nothing, and unknown where nothing limits us or nobody tells', () => {
    const over = treeOf({ ...version2, ...cgroupOf('/cg/jobs/one', String(400 * MiB), 410, '') });
    expect(cgroupRoomMiB(over)).toBe(0);
    const free = treeOf({ ...version2, ...cgroupOf('/cg/jobs/one', 'max', 410, '') });
    expect(cgroupRoomMiB(free)).toBeUndefined();
    expect(cgroupRoomMiB(treeOf({}))).toBeUndefined();
  });
});
