/**
 * Kernel images: a vmlinux is taken as it is, a bzImage is unpacked to the vmlinux inside it,
 * because PVH enters an ELF image and skips the kernel's own decompressor.
 *
 * The layout is that of the Linux/x86 boot protocol (Documentation/arch/x86/boot.rst, 2.08 and up).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';

import { EnvironmentError, messageOf } from '../../errors.js';

const atSetupSectors = 0x1f1;
const atMagic = 0x202;
const atPayloadOffset = 0x248;
const atPayloadLength = 0x24c;
const sectorBytes = 512;
const elfMagic = Buffer.from('\x7fELF', 'latin1');
const elfMachineX86 = 62;
const pvhNoteType = 18;

export type ImageKind = 'vmlinux' | 'bzImage' | 'other';

export function kindOfImage(image: Buffer): ImageKind {
  if (image.subarray(0, 4).equals(elfMagic)) return 'vmlinux';
  return image.toString('latin1', atMagic, atMagic + 4) === 'HdrS' ? 'bzImage' : 'other';
}

interface Packing {
  readonly name: string;
  readonly magic: Buffer;
  readonly command: readonly [string, ...string[]];
  /** All but gzip are followed by the unpacked size, four bytes that are not the packer's. */
  readonly trailer: number;
}

const packings: readonly Packing[] = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), command: ['gzip', '-dc'], trailer: 0 },
  { name: 'xz', magic: Buffer.from('\xfd7zXZ\0', 'latin1'), command: ['xz', '-dc'], trailer: 4 },
  {
    name: 'lz4',
    magic: Buffer.from([0x02, 0x21, 0x4c, 0x18]),
    command: ['lz4', '-dc'],
    trailer: 4,
  },
  {
    name: 'zstd',
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    command: ['zstd', '-dc'],
    trailer: 4,
  },
];

/**
 * Writes the vmlinux inside `image` to `output`.
 *
 * @param name of the image, for messages
 * @throws EnvironmentError when it is neither, was packed in an unknown way, or cannot enter by PVH
 */
export async function unpackKernel(image: Buffer, output: string, name: string): Promise<void> {
  const kind = kindOfImage(image);
  if (kind === 'other') {
    throw new EnvironmentError(`${name} is no x86 kernel: neither an ELF image nor a bzImage`);
  }
  if (kind === 'bzImage' && image.length < atPayloadLength + 4) {
    throw new EnvironmentError(`${name} is cut short`);
  }
  await writeFile(output, kind === 'vmlinux' ? image : await unpackPayload(image, name));
  checkKernel(await readFile(output), name);
}

/** @throws EnvironmentError when this ELF image cannot be started through PVH */
export function checkKernel(elf: Buffer, name: string): void {
  const problem = bootProblem(elf);
  if (problem !== undefined) throw new EnvironmentError(`${name} ${problem}`);
}

/** What a bzImage's payload was packed with; undefined when that is none of the known ways. */
export function packingOf(image: Buffer): string | undefined {
  return packingOfPayload(payloadOf(image))?.name;
}

function payloadOf(image: Buffer): Buffer {
  const setup = (image.readUInt8(atSetupSectors) + 1) * sectorBytes;
  const start = setup + image.readUInt32LE(atPayloadOffset);
  return image.subarray(start, start + image.readUInt32LE(atPayloadLength));
}

function packingOfPayload(payload: Buffer): Packing | undefined {
  return packings.find(({ magic }) => payload.subarray(0, magic.length).equals(magic));
}

async function unpackPayload(image: Buffer, name: string): Promise<Uint8Array> {
  const payload = payloadOf(image);
  const packing = packingOfPayload(payload);
  if (packing === undefined) {
    const seen = payload.subarray(0, 6).toString('hex');
    const known = packings.map((one) => one.name).join(', ');
    throw new EnvironmentError(
      `${name}: its payload starts with ${seen}, which is none of ${known}`,
    );
  }
  const [command, ...args] = packing.command;
  try {
    const input = payload.subarray(0, payload.length - packing.trailer);
    // Some of the tools complain of what follows the stream although all of it was unpacked.
    const result = await execa(command, args, {
      input,
      encoding: 'buffer',
      stripFinalNewline: false,
      maxBuffer: 2 ** 30,
      stderr: 'ignore',
    });
    return result.stdout;
  } catch (error) {
    throw new EnvironmentError(
      `${name}: ${command} could not unpack it: ${error instanceof ExecaError ? error.shortMessage : messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** Why an ELF image cannot be started through PVH; undefined when it can. */
export function bootProblem(elf: Buffer): string | undefined {
  if (elf.length < 64 || !elf.subarray(0, 4).equals(elfMagic)) return 'unpacked to no ELF image';
  const is64 = elf.readUInt8(4) === 2;
  const machine = elf.readUInt16LE(18);
  if (!is64 || machine !== elfMachineX86) {
    return `is for another machine: ELF class ${elf.readUInt8(4)}, machine ${machine}, not x86-64`;
  }
  try {
    if (hasPvhNote(elf)) return undefined;
  } catch (error) {
    if (error instanceof RangeError) return 'is cut short';
    throw error;
  }
  return 'has no PVH entry note: build it with CONFIG_PVH=y';
}

function hasPvhNote(elf: Buffer): boolean {
  const offset = Number(elf.readBigUInt64LE(32));
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const headers = Array.from({ length: count }, (_, index) => offset + index * size);
  return headers.filter((at) => elf.readUInt32LE(at) === 4).some((at) => notesHavePvh(elf, at));
}

function notesHavePvh(elf: Buffer, header: number): boolean {
  let at = Number(elf.readBigUInt64LE(header + 8));
  const end = at + Number(elf.readBigUInt64LE(header + 32));
  const padded = (length: number) => 4 * Math.ceil(length / 4);
  while (at + 12 <= end) {
    const [nameSize, size, type] = [0, 4, 8].map((field) => elf.readUInt32LE(at + field));
    if (nameSize === undefined || size === undefined) return false;
    const name = elf.toString('latin1', at + 12, at + 12 + nameSize);
    if (type === pvhNoteType && name === 'Xen\0') return true;
    at += 12 + padded(nameSize) + padded(size);
  }
  return false;
}
