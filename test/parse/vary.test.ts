import { describe, expect, it } from 'vitest';

import { parseScenario } from '../../src/parse/scenario.js';
import { parseBy, parseVary, varyText } from '../../src/parse/vary.js';

const text = `name: x
matrix:
  - { guest: tiny, tier: cold }
  - { guest: { kernel: old/vmlinux, initramfs: none, commandLine: quiet }, tier: fork }
`;

function blocks(vary: string) {
  return parseScenario(text, 'x.yaml', '/scenarios', ['tiny', 'linux'], parseVary(vary, '/here'))
    .blocks;
}

describe('--vary', () => {
  it('takes the place of a knob in every entry of the matrix', () => {
    expect(blocks('memory=128M,1G').map(({ memoryMiB }) => memoryMiB)).toEqual([
      [128, 1024],
      [128, 1024],
    ]);
    expect(blocks('vcpus=1,2')[0]?.vcpus).toEqual([1, 2]);
    expect(blocks('workingSet=0,8M')[0]?.workingSetMiB).toEqual([0, 8]);
    expect(blocks('kernelArguments=,quiet')[0]?.kernelArguments).toEqual(['', 'quiet']);
  });

  it('takes values that have commas in them as a YAML list', () => {
    expect(blocks('machine=["microvm,rtc=off", microvm]')[0]?.machine).toEqual([
      'microvm,rtc=off',
      'microvm',
    ]);
  });

  it('has paths relative to where the command is given', () => {
    expect(blocks('qemu=./base/qemu,qemu-system-x86_64')[0]?.qemu).toEqual([
      '/here/base/qemu',
      'qemu-system-x86_64',
    ]);
  });

  it('replaces a kernel, tells two of one name by their folders, and keeps what else was said', () => {
    const [declared, byPath] = blocks('guest=base/vmlinux,head/vmlinux');
    expect(declared?.guest).toMatchObject([
      { name: 'base-vmlinux', kernel: '/here/base/vmlinux', initramfs: 'default' },
      { name: 'head-vmlinux', kernel: '/here/head/vmlinux' },
    ]);
    expect(byPath?.guest).toMatchObject([
      { initramfs: 'none', commandLine: 'quiet' },
      { initramfs: 'none', commandLine: 'quiet' },
    ]);
    const named = blocks('guest=[{ kernel: a/x, name: one, initramfs: i }, linux]');
    expect(named[0]?.guest).toMatchObject([
      { name: 'one', kernel: '/here/a/x', initramfs: '/here/i' },
      { kind: 'declared', name: 'linux' },
    ]);
  });

  it('is written as it is read', () => {
    const vary = parseVary('machine=[microvm, "microvm,rtc=off"]', '/');
    expect(parseVary(varyText(vary), '/')).toEqual(vary);
  });

  const wrong = [
    ['memory', '--vary must be KNOB=A,B such as memory=128M,1G, got "memory"'],
    ['memry=1G,2G', '--vary: unknown knob "memry" (did you mean "memory"?)'],
    ['memory=1G', '--vary memory: takes two values, got 1: --vary memory=A,B'],
    ['memory=1G,2G,3G', '--vary memory: takes two values, got 3: --vary memory=A,B'],
    ['memory=1G,1024M', '--vary memory: both values are "1G"'],
    ['memory=1G,big', '--vary memory: a value must be a size such as 256M, got "big"'],
    ['trace=none,initcalls', '--vary trace: traced boots are in no comparison'],
    ['vcpus=1,many', '--vary vcpus: a value must be a number, got "many"'],
    ['machine=[a', '--vary machine: [A, B] must be a YAML list, got [a'],
    ['guest=tiny,tinny', '--vary guest: unknown guest "tinny" (did you mean "tiny"?)'],
    ['guest=[{ kernel: 1 }, tiny]', '--vary guest: a value must be text, got {'],
    ['guest=[7, tiny]', '--vary guest: a value must be'],
    ['alive=0,2', 'none'],
    ['concurrency=1,2', 'none'],
  ] as const;
  it.each(wrong)('%s: %s', (vary, message) => {
    if (message === 'none') expect(blocks(vary)).toHaveLength(2);
    else expect(() => blocks(vary)).toThrow(message);
  });

  it('is held against the rest of the scenario', () => {
    const until = text.replace('name: x', 'name: x\nuntil: {}');
    expect(() =>
      parseScenario(until, 'x.yaml', '/', ['tiny'], parseVary('concurrency=1,2', '/')),
    ).toThrow('--vary concurrency: "until" needs starts that do not disturb one another');
  });
});

describe('--by', () => {
  it('names a knob, and two of its values where there are more', () => {
    expect(parseBy('qemu')).toEqual({ knob: 'qemu' });
    expect(parseBy('memory=32M,64M')).toEqual({ knob: 'memory', values: ['32M', '64M'] });
    expect(() => parseBy('qemus')).toThrow('--by: unknown knob "qemus" (did you mean "qemu"?)');
    expect(() => parseBy('qemu=a')).toThrow('--by qemu: takes two values, got 1: --by qemu=A,B');
  });
});
