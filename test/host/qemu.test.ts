import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findQemus, inspectQemu, parseQemuVersion } from '../../src/host/qemu.js';
import type { InspectedQemu, Qemu } from '../../src/host/qemu.js';
import { fakeQemu, plant, temporaryFolder } from './fake-qemu.js';

const realQemu = '/usr/bin/qemu-system-x86_64';

function usable(found: InspectedQemu | undefined): Qemu {
  if (found?.state !== 'usable') throw new Error(found === undefined ? 'none' : found.why);
  return found.qemu;
}

function binaries(found: InspectedQemu[]): string[] {
  return found.map((one) => (one.state === 'usable' ? one.qemu.binary : one.binary));
}

describe('the version line', () => {
  it('gives the short version and what the distribution added', () => {
    const full = 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)';
    const distribution = 'Debian 1:7.2+dfsg-7+deb12u18+b3';
    expect(parseQemuVersion(full)).toEqual({ full, short: '7.2.22', distribution });
  });

  it('has no distribution when QEMU was built by hand', () => {
    const full = 'QEMU emulator version 9.1.0';
    expect(parseQemuVersion(full)).toEqual({ full, short: '9.1.0', distribution: null });
  });

  it('of another program is refused', () => {
    expect(() => parseQemuVersion('true (GNU coreutils) 9.1')).toThrow(
      '--version: expected "QEMU emulator version ...", got "true (GNU coreutils) 9.1"',
    );
  });
});

describe('inspectQemu', () => {
  it('asks for machines, accelerators and data folders', async () => {
    await using folder = await temporaryFolder();
    const binary = await fakeQemu(join(folder.path, 'bin/qemu'), {
      machines: ['microvm              microvm (i386)', 'pc  Standard PC (default)'],
      accelerators: ['tcg', 'kvm'],
      dataDirectories: [`${folder.path}/bin/../share/qemu`, '/nonexistent/ipxe'],
    });
    expect(usable(await inspectQemu(binary))).toMatchObject({
      binary,
      machines: ['microvm', 'pc'],
      accelerators: ['tcg', 'kvm'],
      dataDirectories: [join(folder.path, 'share/qemu'), '/nonexistent/ipxe'],
      besideDirectories: [],
    });
  });

  it('notices data beside the binary that QEMU does not look at', async () => {
    await using folder = await temporaryFolder();
    const [own, listed] = ['qemu', 'seabios'].map((name) => join(folder.path, 'share', name));
    await plant(`${own ?? ''}/qboot.rom`, 'qboot');
    await plant(`${listed ?? ''}/bios.bin`, 'SeaBIOS');
    const answers = { dataDirectories: ['/nonexistent', listed ?? ''] };
    const binary = await fakeQemu(join(folder.path, 'bin/qemu'), answers);
    expect(usable(await inspectQemu(binary)).besideDirectories).toEqual([own]);
  });

  it('says why a program is no QEMU', async () => {
    const found = await inspectQemu('/bin/true');
    expect(found).toMatchObject({ state: 'unusable', binary: '/bin/true' });
    expect(found).toHaveProperty('why', expect.stringContaining('expected "QEMU emulator version'));
  });

  it('says in one line why a file cannot be run', async () => {
    await using folder = await temporaryFolder();
    const found = await inspectQemu(await plant(join(folder.path, 'qemu'), 'no program'));
    expect(found).toHaveProperty('why', expect.stringMatching(/^.*EACCES.*$/));
  });

  it('reads a real QEMU', async () => {
    const qemu = usable(await inspectQemu(realQemu));
    expect(qemu.version.short).toMatch(/^\d+\.\d+\.\d+$/);
    expect(qemu.machines).toEqual(expect.arrayContaining(['microvm', 'pc', 'q35']));
    expect(qemu.machines).not.toContain('Supported');
    expect(qemu.accelerators).toEqual(expect.arrayContaining(['tcg', 'kvm']));
    const sum = execFileSync('sha256sum', [realQemu], { encoding: 'utf8' });
    expect(qemu.sha256).toBe(sum.split(' ')[0]);
  });
});

describe('findQemus', () => {
  it('finds one in each folder of the PATH, in its order, and no relative one', async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [join(folder.path, 'a'), join(folder.path, 'b')];
    const third = join(folder.path, 'c');
    for (const place of [third, second, first]) await fakeQemu(join(place, 'qemu-system-x86_64'));
    const found = await findQemus({
      path: `${first}::${relative(process.cwd(), third)}:/nonexistent:${second}`,
      extra: [],
    });
    expect(binaries(found)).toEqual([first, second].map((place) => `${place}/qemu-system-x86_64`));
  });

  it('counts a binary once that is reached in two ways', async () => {
    await using folder = await temporaryFolder();
    const binary = await fakeQemu(join(folder.path, 'a/qemu-system-x86_64'));
    await symlink(join(folder.path, 'a'), join(folder.path, 'b'));
    const path = `${folder.path}/a:${folder.path}/b`;
    const extra = [`${folder.path}/b/qemu-system-x86_64`];
    expect(binaries(await findQemus({ path, extra }))).toEqual([binary]);
  });

  it('takes named ones by path or by name, and reports those that are not there', async () => {
    await using folder = await temporaryFolder();
    const binary = await fakeQemu(join(folder.path, 'qemu-kvm'));
    const found = await findQemus({ path: folder.path, extra: ['qemu-kvm', 'gone', '/no/qemu'] });
    expect(binaries(found)).toEqual([binary, 'gone', '/no/qemu']);
    expect(found.slice(1)).toEqual([
      { state: 'unusable', binary: 'gone', why: 'no program of this name is on PATH' },
      { state: 'unusable', binary: '/no/qemu', why: 'no such file' },
    ]);
  });
});
