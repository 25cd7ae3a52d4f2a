// How much more memory our cgroups allow: beyond that the kernel kills one of their processes.

import { tightestLimit, type Limit } from './cgroup.js';
import { FactUnknown, type HostTree } from './fact.js';

const memoryRoom: Limit = {
  controller: 'memory',
  v1: {
    names: ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'memory.stat'],
    parse: (texts) => room(texts, 'total_'),
  },
  v2: {
    names: ['memory.max', 'memory.current', 'memory.stat'],
    parse: (texts) => room(texts, ''),
  },
};

/** In MiB, of the tightest cgroup from ours to the root; undefined where nothing limits us, or nobody tells. */
export function cgroupRoomMiB(tree: HostTree): number | undefined {
  try {
    const bytes = tightestLimit(tree, memoryRoom);
    return bytes === null ? undefined : Math.floor(bytes / 2 ** 20);
  } catch (error) {
    if (error instanceof FactUnknown) return undefined;
    throw error;
  }
}

/** Pages of files are counted as used, and given back before anybody is killed. */
function room([limit = '', usage = '', stat = '']: string[], prefix: string): number | null {
  // Version 1 says "no limit" with the largest multiple of a page.
  if (limit === 'max' || Number(limit) > 2 ** 62) return null;
  const pages = (name: string) => {
    const found = new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(stat)?.[1];
    return found === undefined ? 0 : Number(found);
  };
  const reclaimable = pages('inactive_file') + pages('active_file');
  return Math.max(0, Number(limit) - Number(usage) + reclaimable);
}
