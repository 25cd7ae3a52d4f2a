import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { EnvironmentError } from '../../src/errors.js';
import { kindOfImage, unpackKernel } from '../../src/prepare/kernel-image.js';
import { temporaryFolder } from '../host/fake-qemu.js';

/** An ELF note, its name and content padded to four bytes. */
function note(type: number, name: string, content: Buffer): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, padded(Buffer.from(name, 'latin1')), padded(content)]);
}

const gnu = note(3, 'GNU\0', Buffer.alloc(20, 7));
const pvh = note(18, 'Xen\0', Buffer.alloc(4, 1));

/** The least ELF image: a file header, a program header for the notes, the notes. */
function elf({ machine = 62, elfClass = 2, notes = [gnu, pvh] } = {}): Buffer {
  const content = Buffer.concat(notes);
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt8(elfClass, 4);
  header.writeUInt16LE(machine, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const program = Buffer.alloc(56);
  program.writeUInt32LE(4, 0);
  program.writeBigUInt64LE(120n, 8);
  program.writeBigUInt64LE(BigInt(content.length), 32);
  return Buffer.concat([header, program, content]);
}

const setupSectors = 3;
/** Of the payload, behind the real-mode code and a decompressor of some size. */
const payloadOffset = 200;

/** A bzImage around a payload that is already packed. */
function bzImage(payload: Buffer): Buffer {
  const setup = Buffer.alloc((setupSectors + 1) * 512);
  setup.writeUInt8(setupSectors, 0x1f1);
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt32LE(payloadOffset, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([
    setup,
    Buffer.alloc(payloadOffset, 0x90),
    payload,
    Buffer.alloc(300, 0xcc),
  ]);
}

const packers = {
  gzip: ['gzip', '-9nc'],
  xz: ['xz', '--check=crc32', '-c'],
  lz4: ['lz4', '-l', '-9', '-c'],
  zstd: ['zstd', '-19', '-c'],
} as const;

/** As the kernel's build packs it: all but gzip get the unpacked size behind them. */
async function packed(content: Buffer, packer: keyof typeof packers): Promise<Buffer> {
  const [command, ...args] = packers[packer];
  const { stdout } = await execa(command, args, { input: content, encoding: 'buffer' });
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length);
  return Buffer.concat(packer === 'gzip' ? [stdout] : [stdout, size]);
}

async function unpack(image: Buffer): Promise<Buffer> {
  await using folder = await temporaryFolder();
  const output = join(folder.path, 'vmlinux');
  await unpackKernel(image, output, 'vmlinuz-6.1');
  return await readFile(output);
}

async function errorOf(image: Buffer): Promise<string> {
  const error: unknown = await unpack(image).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return (error as Error).message;
}

describe('a kernel image', () => {
  it.each(Object.keys(packers) as (keyof typeof packers)[])(
    'packed with %s is unpacked to the vmlinux inside',
    async (packer) => {
      const vmlinux = elf();
      expect(await unpack(bzImage(await packed(vmlinux, packer)))).toEqual(vmlinux);
    },
  );

  it('that is a vmlinux is taken as it is', async () => {
    expect(await unpack(elf())).toEqual(elf());
  });

  it('is known by its first bytes', () => {
    expect(kindOfImage(elf())).toBe('vmlinux');
    expect(kindOfImage(bzImage(Buffer.alloc(4)))).toBe('bzImage');
    expect(kindOfImage(Buffer.from('#!/bin/sh\n'))).toBe('other');
    expect(kindOfImage(Buffer.alloc(0))).toBe('other');
  });
});

describe('what cannot be started is refused:', () => {
  it('something else', async () => {
    expect(await errorOf(Buffer.from('#!/bin/sh\n'))).toBe(
      'vmlinuz-6.1 is no x86 kernel: neither an ELF image nor a bzImage',
    );
  });

  it('an unknown packing', async () => {
    expect(await errorOf(bzImage(Buffer.from('BZh91AY&SY...')))).toBe(
      'vmlinuz-6.1: its payload starts with 425a68393141, which is none of gzip, xz, lz4, zstd',
    );
  });

  it('a damaged payload', async () => {
    const payload = await packed(elf(), 'gzip');
    expect(await errorOf(bzImage(payload.subarray(0, 40)))).toBe(
      'vmlinuz-6.1: gzip could not unpack it: Command failed with exit code 1: gzip -dc',
    );
  });

  it('a payload that is no ELF image', async () => {
    const payload = await packed(Buffer.alloc(100, 1), 'gzip');
    expect(await errorOf(bzImage(payload))).toBe('vmlinuz-6.1 unpacked to no ELF image');
  });

  it('an image cut short in its header', async () => {
    expect(await errorOf(bzImage(Buffer.alloc(0)).subarray(0, 0x210))).toBe(
      'vmlinuz-6.1 is cut short',
    );
  });

  it('an ELF image cut short in its notes', async () => {
    expect(await errorOf(elf().subarray(0, 110))).toBe('vmlinuz-6.1 is cut short');
    expect(await errorOf(elf().subarray(0, 130))).toBe('vmlinuz-6.1 is cut short');
  });

  it('a note that claims to be longer than any image', async () => {
    const endless = note(3, 'GNU\0', Buffer.alloc(0));
    endless.writeUInt32LE(0xfffffff4, 0);
    expect(await errorOf(elf({ notes: [endless] }))).toContain('has no PVH entry note');
  });

  it('another machine', async () => {
    expect(await errorOf(elf({ machine: 183 }))).toBe(
      'vmlinuz-6.1 is for another machine: ELF class 2, machine 183, not x86-64',
    );
    expect(await errorOf(elf({ machine: 3, elfClass: 1 }))).toBe(
      'vmlinuz-6.1 is for another machine: ELF class 1, machine 3, not x86-64',
    );
  });

  it.each([
    ['no notes', []],
    ['only other notes', [gnu, note(18, 'GNU\0', Buffer.alloc(4)), note(6, 'Xen\0', gnu)]],
  ])('%s', async (_, notes) => {
    const sentence = 'vmlinuz-6.1 has no PVH entry note: build it with CONFIG_PVH=y';
    expect(await errorOf(elf({ notes }))).toBe(sentence);
    expect(await errorOf(bzImage(await packed(elf({ notes }), 'zstd')))).toBe(sentence);
  });
});
