import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { resolveFirmware, type ResolvedFirmware } from '../../src/host/firmware.js';
import { inspectQemu } from '../../src/host/qemu.js';
import { plant, temporaryFolder } from './fake-qemu.js';

const seabios = 'padding\0SeaBIOS (version 1.16)\0';
const qboot = 'padding\0qboot\0 11/11/2019';

function at(found: ResolvedFirmware): string {
  return found.state === 'found' ? `${found.kind} ${found.path}` : found.message;
}

// Three folders: beside the binary, where QEMU looks, and another of the host.
async function host() {
  const folder = await temporaryFolder();
  const [beside, own, other] = ['beside', 'own', 'other'].map((name) => join(folder.path, name));
  const places = { beside: beside ?? '', own: own ?? '', other: other ?? '' };
  const directories = { besideDirectories: [places.beside], dataDirectories: [places.own] };
  const qemu = { binary: '/opt/qemu', ...directories };
  const resolve = (machine: string, wanted: string) =>
    resolveFirmware(qemu, machine, wanted, [places.other]);
  return { ...places, resolve, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('qboot', () => {
  it('is taken beside the binary, then where QEMU looks, then from the host', async () => {
    await using files = await host();
    const other = await plant(`${files.other}/qboot.rom`, qboot);
    expect(at(await files.resolve('pc', 'qboot'))).toBe(`qboot ${other}`);
    const own = await plant(`${files.own}/qboot.rom`, qboot);
    expect(at(await files.resolve('pc', 'qboot'))).toBe(`qboot ${own}`);
    const beside = await plant(`${files.beside}/qboot.rom`, qboot);
    expect(at(await files.resolve('pc', 'qboot'))).toBe(`qboot ${beside}`);
  });

  it('is recognised under the name of the microvm BIOS', async () => {
    await using files = await host();
    const path = await plant(`${files.own}/bios-microvm.bin`, qboot);
    expect(at(await files.resolve('microvm', 'qboot'))).toBe(`qboot ${path}`);
  });
});

describe('SeaBIOS', () => {
  it('for microvm is not the link to qboot that Debian 12 puts there', async () => {
    await using files = await host();
    await plant(`${files.own}/qboot.rom`, qboot);
    await symlink('qboot.rom', `${files.own}/bios-microvm.bin`);
    const path = await plant(`${files.other}/bios-microvm.bin`, seabios);
    expect(at(await files.resolve('microvm', 'seabios'))).toBe(`seabios ${path}`);
  });

  it.each(['pc', 'q35', 'pc-i440fx-7.2'])('for %s is bios-256k.bin', async (machine) => {
    await using files = await host();
    await plant(`${files.own}/bios-microvm.bin`, seabios);
    const path = await plant(`${files.own}/bios-256k.bin`, seabios);
    expect(at(await files.resolve(machine, 'seabios'))).toBe(`seabios ${path}`);
  });

  it('that is nowhere names what was searched, what was seen there and what to do', async () => {
    await using files = await host();
    const path = await plant(`${files.own}/bios-microvm.bin`, qboot);
    const folders = [files.beside, files.own, files.other].join(', ');
    expect(await files.resolve('microvm,rtc=on', 'seabios')).toEqual({
      state: 'missing',
      message: `no seabios image for machine "microvm,rtc=on": looked for bios-microvm.bin in ${folders}; ${path} is qboot; install SeaBIOS (Debian: apt-get install seabios), or give a path`,
    });
  });
});

describe('the default', () => {
  it('is what QEMU would find by itself, named by its content', async () => {
    await using files = await host();
    await plant(`${files.beside}/bios-microvm.bin`, seabios);
    const path = await plant(`${files.own}/bios-microvm.bin`, qboot);
    expect(at(await files.resolve('microvm', 'default'))).toBe(`qboot ${path}`);
  });

  it('is missing when QEMU would not find it, whatever the host has elsewhere', async () => {
    await using files = await host();
    await plant(`${files.other}/bios-256k.bin`, seabios);
    const message = at(await files.resolve('q35', 'default'));
    expect(message).toContain(`no bios-256k.bin in ${files.own}; install it`);
  });

  // QEMU knows the file it loaded by its name: "info roms" of a machine that never runs.
  it.each(['microvm', 'microvm,acpi=off', 'pc', 'q35'])(
    'is the file that a real QEMU loads for %s',
    async (machine) => {
      const inspected = await inspectQemu('/usr/bin/qemu-system-x86_64');
      if (inspected.state === 'unusable') throw new Error(inspected.why);
      const { binary } = inspected.qemu;
      const quiet = '-accel tcg -S -nodefaults -display none -serial none -monitor stdio'.split(
        ' ',
      );
      const input = 'info roms\nquit\n';
      const { stdout } = await execa(binary, ['-machine', machine, ...quiet], { input });
      const loaded = /addr=00000000fff\w+ .*name="(.+)"/.exec(stdout)?.[1] ?? 'none';
      const resolved = await resolveFirmware(inspected.qemu, machine, 'default');
      expect(at(resolved)).toMatch(new RegExp(`^(qboot|seabios) /.*/${loaded}$`));
    },
  );
});

describe('a path', () => {
  it('is taken as it is, with what it holds', async () => {
    await using files = await host();
    const path = await plant(`${files.other}/OVMF.fd`, 'UEFI');
    const sha256 = '7479a573d21906577d493e8a0e538750f43fd44f0d0ab25a7d7adacb4eb47c2b';
    expect(await files.resolve('q35', path)).toEqual({
      state: 'found',
      path,
      sha256,
      kind: 'other',
    });
  });

  it('that does not exist is an error that lists what else could be meant', async () => {
    await using files = await host();
    expect(at(await files.resolve('pc', 'seebios'))).toMatch(
      /^no firmware "seebios": .* expected qboot, seabios, default or the path of an image$/,
    );
  });
});
