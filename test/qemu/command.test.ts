import { describe, expect, it } from 'vitest';

import { identityWays } from '../../src/identity.js';
import { qemuArguments, shellQuote, type MachineSpec, type Role } from '../../src/qemu/command.js';

const tiny: MachineSpec = {
  accel: 'kvm',
  machine: 'microvm,rtc=off',
  cpu: 'host',
  memoryMiB: 32,
  vcpus: 1,
  firmware: '/usr/share/qemu/qboot.rom',
  kernel: '/cache/tiny/vmlinux',
  initramfs: undefined,
  commandLine: '',
  dataDirectories: [],
  devices: [],
  frames: 'short',
};

const linux: MachineSpec = {
  accel: 'tcg',
  machine: 'pc',
  cpu: 'qemu64',
  memoryMiB: 128,
  vcpus: 2,
  firmware: undefined,
  kernel: '/cache/linux/vmlinux',
  initramfs: '/cache/init.cpio',
  commandLine: "console=ttyS0 quiet init='/my init'",
  dataDirectories: ['/opt/qemu/share/qemu', '/opt/qemu/share/seabios'],
  devices: identityWays['virtio-rng'].device('pc'),
  frames: 'long',
};

/** One option a line, as a person compares command lines. */
function shown(spec: MachineSpec, role: Role): string {
  return `${shellQuote(qemuArguments(spec, role)).replaceAll(' -', '\n-')}\n`;
}

describe("QEMU's command line", () => {
  it.each([
    ['tiny', 'cold'],
    ['tiny', 'template'],
    ['tiny', 'restore'],
    ['tiny', 'base'],
    ['linux', 'cold'],
    ['linux', 'template'],
    ['linux', 'restore'],
  ] as const)('for %s, %s, reads as its golden file', async (guest, role) => {
    const text = shown(guest === 'tiny' ? tiny : linux, role);
    await expect(text).toMatchFileSnapshot(`../golden/qemu-${guest}-${role}.txt`);
  });

  it('describes the same machine to a template and to what restores it', () => {
    const template = qemuArguments(linux, 'template').map((word) =>
      word.replace('share=on', 'share=off'),
    );
    const restore = qemuArguments(linux, 'restore');
    expect(restore.slice(0, template.length)).toEqual(template);
    expect(restore.slice(template.length)).toEqual(['-incoming', 'defer']);
  });
});

describe('a command as a person would type it', () => {
  it('quotes what a shell would change, and nothing else', () => {
    expect(shellQuote(['a-b', '/c:d,e=f', 'two words', "it's", '$x', ''])).toBe(
      `a-b /c:d,e=f 'two words' 'it'\\''s' '$x' ''`,
    );
  });
});
