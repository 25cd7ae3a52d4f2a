// What else the host is doing at this moment. Never equal between two runs, so never compared.

import { defineFact, FactUnknown, toNumber, warnIf, type HostTree } from './fact.js';
import { cpusOnline } from './cpu-facts.js';

// A start of a few ms waits behind whatever runs: a quarter of the CPUs busy already shows in p90.
const busyShare = 0.25;

export const loadFacts = {
  loadAverage: defineFact({
    label: 'load (1, 5, 15 min)',
    compare: 'ignores',
    read: loadAverage,
    show: ({ minutes1, minutes5, minutes15 }) => `${minutes1} ${minutes5} ${minutes15}`,
    warn: ({ minutes1, cpus }) =>
      warnIf(
        minutes1 > busyShare * cpus,
        `the load of the last minute is ${minutes1} on ${cpus} CPUs`,
        'end what runs beside it, or wait until the host is quiet',
      ),
  }),
  runningTasks: defineFact({
    label: 'tasks running (of all)',
    compare: 'ignores',
    read: runningTasks,
    show: ({ running, total }) => `${running} of ${total}`,
  }),
  otherQemus: defineFact({
    label: 'other QEMU processes',
    compare: 'ignores',
    read: countQemus,
    show: String,
    warn: (count) =>
      warnIf(
        count > 0,
        `QEMU processes already running: ${count}`,
        'end them if they are left over from a crash: pgrep -a qemu',
      ),
  }),
};

// Five fields: "0.50 0.40 0.30 2/140 4711", the fourth in two.
function loadField(tree: HostTree, index: number): number {
  return toNumber(tree.text('/proc/loadavg').split(/[ /]/)[index], '/proc/loadavg');
}

function loadAverage(tree: HostTree) {
  return {
    minutes1: loadField(tree, 0),
    minutes5: loadField(tree, 1),
    minutes15: loadField(tree, 2),
    cpus: cpusOnline(tree),
  };
}

function runningTasks(tree: HostTree): { running: number; total: number } {
  return { running: loadField(tree, 3), total: loadField(tree, 4) };
}

// The kernel cuts a command's name to 15 characters: "qemu-system-x86".
function countQemus(tree: HostTree): number {
  const processes = tree.list('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((pid) => /^qemu-(system|kvm)/.test(commandOf(tree, pid))).length;
}

function commandOf(tree: HostTree, pid: string): string {
  try {
    return tree.text(`/proc/${pid}/comm`);
  } catch (error) {
    if (error instanceof FactUnknown) return '';
    throw error;
  }
}
