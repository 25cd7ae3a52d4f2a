// The host's memory: how much, in which pages, and what works on it behind a guest's back.

import { asIs, defineFact, FactUnknown, numberIn, warnIf, type HostTree } from './fact.js';

const pages = '/sys/kernel/mm/transparent_hugepage';

export const memoryFacts = {
  memoryTotalMiB: defineFact({
    label: 'memory total (MiB)',
    compare: 'warns',
    read: (tree) => meminfoMiB(tree, 'MemTotal'),
    show: String,
  }),
  memoryAvailableMiB: defineFact({
    label: 'memory available (MiB)',
    compare: 'ignores',
    read: (tree) => meminfoMiB(tree, 'MemAvailable'),
    show: String,
    warn: (availableMiB) =>
      warnIf(
        availableMiB < 1024,
        `${availableMiB} MiB of memory are available`,
        'end what holds memory, or choose smaller guests',
      ),
  }),
  swap: defineFact({
    label: 'swap (MiB)',
    compare: 'ignores',
    read: swap,
    show: ({ totalMiB, usedMiB }) => (totalMiB === 0 ? 'none' : `${usedMiB} of ${totalMiB} used`),
    warn: ({ usedMiB }) =>
      warnIf(
        usedMiB > 0,
        `${usedMiB} MiB are swapped out, and a start may wait for the disk to bring them back`,
        'swapoff -a for the time of the run',
      ),
  }),
  thpEnabled: defineFact({
    label: 'transparent hugepages',
    compare: 'blocks',
    read: (tree) => selected(tree, `${pages}/enabled`),
    show: asIs,
  }),
  thpDefrag: defineFact({
    label: 'THP defrag',
    compare: 'blocks',
    read: (tree) => selected(tree, `${pages}/defrag`),
    show: asIs,
    warn: (mode) =>
      warnIf(
        mode === 'always',
        'THP defrag is always, so a page fault may stop to compact memory',
        `echo madvise > ${pages}/defrag`,
      ),
  }),
  thpShmem: defineFact({
    label: 'THP in tmpfs',
    compare: 'blocks',
    read: (tree) => selected(tree, `${pages}/shmem_enabled`),
    show: asIs,
  }),
  hugepages: defineFact({
    label: 'hugepages (free/total)',
    compare: 'ignores',
    read: hugepages,
    show: (sizes) =>
      sizes.map(({ sizeKiB, free, total }) => `${sizeKiB} kB: ${free}/${total}`).join(', '),
  }),
  ksm: defineFact({
    label: 'KSM',
    compare: 'blocks',
    read: (tree) => ksmStates[numberIn(tree, '/sys/kernel/mm/ksm/run')] ?? 'unknown state',
    show: asIs,
    warn: (state) =>
      warnIf(
        state === 'running',
        'KSM is running: it takes CPU, and shares pages between guests',
        'echo 2 > /sys/kernel/mm/ksm/run',
      ),
  }),
  sharedMemory: defineFact({
    label: '/dev/shm',
    compare: 'ignores',
    read: (tree) => tree.space('/dev/shm'),
    show: ({ tmpfs, freeMiB, writable }) =>
      `${tmpfs ? 'tmpfs' : 'not tmpfs'}, ${freeMiB} MiB free, ${writable ? 'writable' : 'not writable'}`,
    warn: ({ tmpfs, freeMiB, writable }) =>
      warnIf(!tmpfs, '/dev/shm is not a tmpfs', 'mount -t tmpfs tmpfs /dev/shm') ??
      warnIf(!writable, '/dev/shm is not writable', 'chmod 1777 /dev/shm') ??
      warnIf(
        freeMiB < 256,
        `/dev/shm has ${freeMiB} MiB free, and templates keep guest memory there`,
        'mount -o remount,size=50% /dev/shm (docker: --shm-size)',
      ),
  }),
};

const ksmStates = ['off', 'running', 'off, pages unmerged'];

function meminfoMiB(tree: HostTree, name: string): number {
  const line = new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(tree.text('/proc/meminfo'));
  if (line === null) throw new FactUnknown(`/proc/meminfo has no "${name}"`);
  return Math.floor(Number(line[1]) / 1024);
}

function swap(tree: HostTree): { totalMiB: number; usedMiB: number } {
  const totalMiB = meminfoMiB(tree, 'SwapTotal');
  return { totalMiB, usedMiB: totalMiB - meminfoMiB(tree, 'SwapFree') };
}

/** The bracketed word of a list such as `always [madvise] never`. */
function selected(tree: HostTree, path: string): string {
  const word = /\[(.+)\]/.exec(tree.text(path))?.[1];
  if (word === undefined) throw new FactUnknown(`${path} selects nothing`);
  return word;
}

function hugepages(tree: HostTree): { sizeKiB: number; total: number; free: number }[] {
  const folder = '/sys/kernel/mm/hugepages';
  return tree.list(folder).map((name) => ({
    sizeKiB: Number(/\d+/.exec(name)?.[0]),
    total: numberIn(tree, `${folder}/${name}/nr_hugepages`),
    free: numberIn(tree, `${folder}/${name}/free_hugepages`),
  }));
}
