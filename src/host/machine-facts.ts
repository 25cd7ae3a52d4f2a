// What the host is built of around its processors, and whether it is a machine at all.

import { asIs, countList, defineFact, warnIf, type HostTree } from './fact.js';
import { cpuinfoField } from './cpu-facts.js';

const nodesOnline = '/sys/devices/system/node/online';

export const machineFacts = {
  virtualised: defineFact({
    label: 'virtualised',
    compare: 'blocks',
    read: virtualised,
    show: asIs,
    warn: (by) =>
      warnIf(
        by !== 'no',
        `this host is itself a virtual machine (${by})`,
        'compare only runs of one such host, and take hardware figures on bare metal',
      ),
  }),
  clocksource: defineFact({
    label: 'clock source',
    compare: 'blocks',
    read: (tree) => tree.text('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    show: asIs,
    warn: (name) =>
      warnIf(
        !['tsc', 'kvm-clock'].includes(name),
        `the clock source is ${name}, so each reading of the clock is a system call`,
        'see why the kernel gave up the TSC: dmesg | grep -i tsc',
      ),
  }),
  numaNodes: defineFact({
    label: 'NUMA nodes',
    compare: 'blocks',
    read: (tree) => countList(tree.text(nodesOnline), nodesOnline),
    show: String,
    warn: (nodes) =>
      warnIf(
        nodes > 1,
        `${nodes} NUMA nodes, so some memory is farther from a start than other memory`,
        'keep a run to one: numactl --cpunodebind=0 --membind=0',
      ),
  }),
};

// The `hypervisor` flag decides: bare metal has DMI strings too, and a container sees its host's.
function virtualised(tree: HostTree): string {
  if (!cpuinfoField(tree, 'flags').split(' ').includes('hypervisor')) return 'no';
  if (tree.exists('/sys/hypervisor/type')) return tree.text('/sys/hypervisor/type');
  const dmi = ['sys_vendor', 'product_name'].map((name) => `/sys/class/dmi/id/${name}`);
  const named = dmi.filter((path) => tree.exists(path)).map((path) => tree.text(path));
  return named.length === 0 ? 'hypervisor without a name' : named.join(' ');
}
