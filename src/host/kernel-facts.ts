// The host's kernel and distribution. No hostname: these facts are published.

import { asIs, defineFact, FactUnknown, kernelArgument, type HostTree } from './fact.js';

export const kernelFacts = {
  kernelRelease: defineFact({
    label: 'kernel release',
    compare: 'blocks',
    read: (tree) => tree.text('/proc/sys/kernel/osrelease'),
    show: asIs,
  }),
  kernelVersion: defineFact({
    // Not /proc/version, which names the machine the kernel was built on.
    label: 'kernel version',
    compare: 'warns',
    read: kernelVersion,
    show: asIs,
  }),
  preemption: defineFact({
    label: 'preemption',
    compare: 'blocks',
    read: preemption,
    show: asIs,
  }),
  distribution: defineFact({
    label: 'distribution',
    compare: 'warns',
    read: distribution,
    show: asIs,
  }),
  ioUringDisabled: defineFact({
    label: 'io_uring disabled',
    compare: 'ignores',
    read: (tree) => sysctlLevel(tree, '/proc/sys/kernel/io_uring_disabled', ioUringLevels),
    show: asIs,
  }),
  ptraceScope: defineFact({
    label: 'ptrace scope (yama)',
    compare: 'ignores',
    read: (tree) => sysctlLevel(tree, '/proc/sys/kernel/yama/ptrace_scope', ptraceLevels),
    show: asIs,
  }),
};

const ioUringLevels = ['0: no', '1: for the unprivileged', '2: for all'];
const ptraceLevels = ['0: same user', '1: descendants only', '2: administrators only', '3: nobody'];

function sysctlLevel(tree: HostTree, path: string, levels: string[]): string {
  const text = tree.text(path);
  return levels[Number(text)] ?? text;
}

function kernelVersion(tree: HostTree): string {
  return tree.text('/proc/sys/kernel/version');
}

function preemption(tree: HostTree): string {
  const model = /\bPREEMPT\w*/.exec(kernelVersion(tree))?.[0] ?? 'none or voluntary';
  if (model !== 'PREEMPT_DYNAMIC') return model;
  // The mode chosen at boot is readable only in debugfs; the command line says when it was asked for.
  const chosen = kernelArgument(tree, 'preempt');
  return chosen === null ? model : `${model} (preempt=${chosen})`;
}

function distribution(tree: HostTree): string {
  const line = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(tree.text('/etc/os-release'));
  if (line?.[1] === undefined) throw new FactUnknown('/etc/os-release has no PRETTY_NAME');
  return line[1];
}
