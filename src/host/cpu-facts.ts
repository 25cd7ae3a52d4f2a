// The host's processors: what they are, and what makes their speed vary.

import {
  asIs,
  countList,
  defineFact,
  FactUnknown,
  firstText,
  isOn,
  kernelArgument,
  onOff,
  warnIf,
  type HostTree,
} from './fact.js';

const cpus = '/sys/devices/system/cpu';

export const cpuFacts = {
  cpuModel: defineFact({
    label: 'CPU model',
    compare: 'blocks',
    read: (tree) => cpuinfoField(tree, 'model name'),
    show: asIs,
  }),
  cpusOnline: defineFact({
    label: 'CPUs online',
    compare: 'blocks',
    read: cpusOnline,
    show: String,
  }),
  smt: defineFact({
    label: 'SMT',
    compare: 'blocks',
    read: (tree) => isOn(tree.text(`${cpus}/smt/active`)),
    show: onOff,
    warn: (on) =>
      warnIf(
        on,
        'SMT is on, so two starts can share one core',
        `pin to one thread a core, or turn it off: echo off > ${cpus}/smt/control`,
      ),
  }),
  microcode: defineFact({
    label: 'microcode',
    compare: 'warns',
    read: (tree) => cpuinfoField(tree, 'microcode'),
    show: asIs,
  }),
  governor: defineFact({
    label: 'frequency governor',
    compare: 'blocks',
    read: governors,
    show: (names) => names.join(', '),
    warn: (names) =>
      warnIf(
        names.some((name) => name !== 'performance'),
        `the frequency governor is ${names.join(', ')}, so a short start may run at a low clock`,
        'set it: cpupower frequency-set -g performance',
      ),
  }),
  turbo: defineFact({
    label: 'turbo',
    compare: 'blocks',
    read: turbo,
    show: (value) => onOff(value.on),
    warn: ({ on, turnOff }) =>
      warnIf(
        on,
        'turbo is on, so the clock depends on heat and on what the other cores do',
        `for steady figures turn it off: ${turnOff}`,
      ),
  }),
  mitigations: defineFact({
    label: 'mitigations',
    compare: 'blocks',
    read: mitigations,
    show: ({ option, vulnerabilities }) => {
      const open = Object.keys(vulnerabilities).filter((name) => isOpen(vulnerabilities[name]));
      const listed = open.length === 0 ? 'none' : open.join(', ');
      return `mitigations=${option ?? 'auto (default)'}; vulnerable: ${listed}`;
    },
  }),
};

/** A field of the first processor in /proc/cpuinfo. */
export function cpuinfoField(tree: HostTree, name: string): string {
  const line = new RegExp(`^${name}\\s*: *(.+)$`, 'm').exec(tree.text('/proc/cpuinfo'));
  if (line?.[1] === undefined) throw new FactUnknown(`/proc/cpuinfo has no "${name}"`);
  return line[1].trim();
}

/** How many CPUs the host has online; a cpuset may still keep some from us. */
export function cpusOnline(tree: HostTree): number {
  return countList(tree.text(`${cpus}/online`), `${cpus}/online`);
}

function governors(tree: HostTree): string[] {
  const files = tree
    .list(cpus)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${cpus}/${name}/cpufreq/scaling_governor`)
    .filter((path) => tree.exists(path));
  if (files.length === 0) throw new FactUnknown('no CPU has a cpufreq/scaling_governor');
  return [...new Set(files.map((path) => tree.text(path)))].sort();
}

function turbo(tree: HostTree): { on: boolean; turnOff: string } {
  const control = firstText(tree, [`${cpus}/intel_pstate/no_turbo`, `${cpus}/cpufreq/boost`]);
  const inverted = control.path.endsWith('no_turbo');
  const turnOff = `echo ${inverted ? 1 : 0} > ${control.path}`;
  return { on: isOn(control.text) !== inverted, turnOff };
}

function mitigations(tree: HostTree) {
  const folder = `${cpus}/vulnerabilities`;
  const states = tree.list(folder).map((name) => [name, tree.text(`${folder}/${name}`)] as const);
  const vulnerabilities: Record<string, string> = Object.fromEntries(states);
  return { option: kernelArgument(tree, 'mitigations'), vulnerabilities };
}

// "Vulnerable: ...", "KVM: Vulnerable", "Processor vulnerable"; not "Mitigation: ...; SMT vulnerable".
function isOpen(state: string | undefined): boolean {
  return state !== undefined && /^(KVM: |Processor )?vulnerable/i.test(state);
}
