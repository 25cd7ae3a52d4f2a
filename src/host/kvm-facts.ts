// What KVM offers here. Whether its guests run natively is measured elsewhere: a module's name is a
// hint, because a module may emulate what the processor cannot do.

import { asIs, defineFact, FactUnknown, numberIn, isOn, onOff, warnIf } from './fact.js';
import type { DeviceAccess, HostTree, Warning } from './fact.js';
import { alwaysFavorsDynmods, mounts } from './cgroup.js';

const parameters = '/sys/module/kvm/parameters';

export const kvmFacts = {
  kvmDevice: defineFact({
    label: '/dev/kvm',
    // Its mode does not change a number; that KVM differs shows in its modules and its speed.
    compare: 'ignores',
    read: (tree) => tree.device('/dev/kvm'),
    show: showDevice,
    warn: deviceWarning,
  }),
  kvmModules: defineFact({
    label: 'KVM modules',
    compare: 'blocks',
    read: kvmModules,
    show: (names) => names.join(', '),
  }),
  secondLevelPaging: defineFact({
    label: 'second-level paging',
    compare: 'blocks',
    read: (tree) => vendorSwitch(tree, { kvm_intel: 'ept', kvm_amd: 'npt' }),
    show: ({ name, on }) => `${name} ${onOff(on)}`,
    warn: ({ module, name, on }) =>
      warnIf(
        !on,
        `${name} is off, so every page table change of a guest leaves the guest`,
        `load the module with it: modprobe -r ${module}; modprobe ${module} ${name}=1`,
      ),
  }),
  nested: defineFact({
    label: 'nested virtualisation',
    compare: 'warns',
    read: (tree) => vendorSwitch(tree, { kvm_intel: 'nested', kvm_amd: 'nested' }).on,
    show: onOff,
  }),
  nxHugePages: defineFact({
    label: 'nx_huge_pages',
    compare: 'blocks',
    read: (tree) => tree.text(`${parameters}/nx_huge_pages`),
    show: asIs,
  }),
  nxRecovery: defineFact({
    label: 'NX recovery thread',
    compare: 'blocks',
    read: nxRecovery,
    show: ({ threadPerVm, ratio }) => (threadPerVm ? `one a VM, ratio ${ratio}` : 'none'),
    warn: ({ threadPerVm, favordynmods }) =>
      warnIf(
        threadPerVm && !favordynmods,
        'each new VM gets an NX recovery thread, and putting it in our cgroup may take tens of ms',
        'load kvm with nx_huge_pages=never, or remount the cgroup file system with favordynmods',
      ),
  }),
  haltPollNs: defineFact({
    label: 'halt_poll_ns',
    compare: 'warns',
    read: (tree) => numberIn(tree, `${parameters}/halt_poll_ns`),
    show: String,
  }),
};

function showDevice(device: DeviceAccess): string {
  if (device.status === 'missing') return 'missing';
  const answer = device.status === 'usable' ? 'opens' : `refused (${device.error})`;
  return `${answer}, mode ${device.mode}`;
}

function deviceWarning(device: DeviceAccess): Warning | undefined {
  if (device.status === 'usable') return undefined;
  return device.status === 'missing'
    ? {
        seen: '/dev/kvm is missing',
        do: 'modprobe kvm_intel or kvm_amd (if it is loaded, dmesg says why it found no hardware); turn on VT-x or SVM in the firmware; in a virtual machine ask for nested virtualisation, in a container for --device /dev/kvm',
      }
    : {
        seen: `/dev/kvm cannot be opened for reading and writing (${device.error}, mode ${device.mode})`,
        do: 'join its group and log in again: usermod -aG kvm "$USER"',
      };
}

function kvmModules(tree: HostTree): string[] {
  const names = tree.list('/sys/module').filter((name) => /^kvm(_|$)/.test(name));
  if (names.length === 0) throw new FactUnknown('/sys/module has no kvm module');
  return names;
}

function vendorSwitch(tree: HostTree, nameOf: Record<string, string>) {
  for (const [module, name] of Object.entries(nameOf)) {
    const path = `/sys/module/${module}/parameters/${name}`;
    if (tree.exists(path)) return { module, name, on: isOn(tree.text(path)) };
  }
  throw new FactUnknown(`no ${Object.keys(nameOf).join(' or ')} module with this parameter`);
}

// Since Linux 6.0 moving that thread into the caller's cgroup waits for an RCU grace period unless
// the cgroup mount favours dynamic modifications; only `never` saves the thread itself.
function nxRecovery(tree: HostTree) {
  const ratio = numberIn(tree, `${parameters}/nx_huge_pages_recovery_ratio`);
  const threadPerVm = tree.text(`${parameters}/nx_huge_pages`) !== 'never';
  const mounted = mounts(tree).some(
    ({ type, options }) => type.startsWith('cgroup') && options.includes('favordynmods'),
  );
  const always = alwaysFavorsDynmods(tree.text('/proc/sys/kernel/osrelease'));
  return { threadPerVm, ratio, favordynmods: mounted || always };
}
