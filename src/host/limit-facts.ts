// What this process may use of the host: cgroup and resource limits. Null means no limit.

import { countList, defineFact, FactUnknown, toNumber, warnIf, type HostTree } from './fact.js';
import { cgroupMode, tightestLimit, type Limit } from './cgroup.js';

export const limitFacts = {
  cgroup: defineFact({
    label: 'cgroup mode',
    compare: 'blocks',
    read: cgroupMode,
    show: ({ mode, favordynmods }) => (favordynmods ? `${mode}, favordynmods` : mode),
  }),
  cpusAllowed: defineFact({
    label: 'CPUs we may use',
    compare: 'blocks',
    read: cpusAllowed,
    show: String,
  }),
  cpuQuota: defineFact({
    label: 'CPU quota (CPUs)',
    compare: 'blocks',
    read: (tree) => tightestLimit(tree, cpuQuota),
    show: showLimit,
    warn: (cpus) =>
      warnIf(
        cpus !== null,
        `our cgroup may use ${cpus ?? 0} CPUs, and is stopped for the rest of each period when it used more`,
        'run without a CPU quota, or pin with a cpuset instead',
      ),
  }),
  memoryLimitMiB: defineFact({
    label: 'cgroup memory limit (MiB)',
    compare: 'warns',
    read: (tree) => inMiB(tightestLimit(tree, memoryLimit)),
    show: showLimit,
    warn: (limit) =>
      warnIf(
        limit !== null && limit < 1024,
        `our cgroup may use ${limit ?? 0} MiB of memory, templates in tmpfs included`,
        'raise the limit, or run fewer clones at once',
      ),
  }),
  pidsLimit: defineFact({
    label: 'cgroup pids limit',
    compare: 'warns',
    read: (tree) => tightestLimit(tree, pidsLimit),
    show: showLimit,
    warn: (limit) =>
      warnIf(
        limit !== null && limit < 1000,
        `our cgroup may have ${limit ?? 0} threads, and a QEMU has about 4`,
        'raise the limit (docker: --pids-limit), or run fewer clones at once',
      ),
  }),
  maxProcesses: defineFact({
    label: 'processes (ulimit -u)',
    compare: 'ignores',
    read: (tree) => softLimit(tree, 'Max processes'),
    show: showLimit,
  }),
  maxOpenFiles: defineFact({
    label: 'open files (ulimit -n)',
    compare: 'ignores',
    read: (tree) => softLimit(tree, 'Max open files'),
    show: showLimit,
    warn: (limit) =>
      warnIf(
        limit !== null && limit < 4096,
        `this process may open ${limit ?? 0} files, and a clone takes several`,
        'raise it before the run: ulimit -n 65536',
      ),
  }),
  maxLockedBytes: defineFact({
    label: 'locked memory (bytes, ulimit -l)',
    compare: 'ignores',
    read: (tree) => softLimit(tree, 'Max locked memory'),
    show: showLimit,
  }),
};

const cpuQuota: Limit = {
  controller: 'cpu',
  v1: { names: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'], parse: quota },
  v2: { names: ['cpu.max'], parse: ([both = ''], source) => quota(both.split(' '), source) },
};

const memoryLimit: Limit = {
  controller: 'memory',
  v1: { names: ['memory.limit_in_bytes'], parse: count },
  v2: { names: ['memory.max'], parse: count },
};

const pidsLimit: Limit = {
  controller: 'pids',
  v1: { names: ['pids.max'], parse: count },
  v2: { names: ['pids.max'], parse: count },
};

// An affinity mask or a cpuset leaves fewer than are online.
function cpusAllowed(tree: HostTree): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(tree.text('/proc/self/status'))?.[1];
  if (list === undefined) throw new FactUnknown('/proc/self/status has no Cpus_allowed_list');
  return countList(list, '/proc/self/status');
}

function quota([quotaUs, periodUs]: string[], source: string): number | null {
  if (quotaUs === 'max' || quotaUs === '-1') return null;
  return toNumber(quotaUs, source) / toNumber(periodUs, source);
}

// Version 1 says "no limit" with the largest multiple of a page: 2^63 less a page.
function count([text]: string[], source: string): number | null {
  if (text === 'max') return null;
  const value = toNumber(text, source);
  return value > 2 ** 62 ? null : value;
}

function inMiB(bytes: number | null): number | null {
  return bytes === null ? null : Math.floor(bytes / 2 ** 20);
}

function softLimit(tree: HostTree, name: string): number | null {
  const line = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(tree.text('/proc/self/limits'));
  if (line?.[1] === undefined) throw new FactUnknown(`/proc/self/limits has no "${name}"`);
  return line[1] === 'unlimited' ? null : toNumber(line[1], '/proc/self/limits');
}

function showLimit(limit: number | null): string {
  return limit === null ? 'no limit' : String(limit);
}
