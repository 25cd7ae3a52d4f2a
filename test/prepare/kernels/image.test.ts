import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { EnvironmentError } from '../../../src/errors.js';
import { kindOfImage, unpackKernel } from '../../../src/prepare/kernels/image.js';
import { temporaryFolder } from '../../host/fake-qemu.js';
import { bzImage, elf, gnu, note, packed, packers } from '../../support/kernel-images.js';

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
      const vmlinux = Buffer.concat([elf(), Buffer.from('to the last byte\n')]);
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
