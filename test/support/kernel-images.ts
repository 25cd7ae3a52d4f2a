/** The least kernel images that tell what they are. */
import { execa } from 'execa';

/** An ELF note, its name and content padded to four bytes. */
export function note(type: number, name: string, content: Buffer): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, padded(Buffer.from(name, 'latin1')), padded(content)]);
}

export const gnu = note(3, 'GNU\0', Buffer.alloc(20, 7));
const pvh = note(18, 'Xen\0', Buffer.alloc(4, 1));

/** The least ELF image: a file header, a program header for the notes, the notes. */
export function elf({ machine = 62, elfClass = 2, notes = [gnu, pvh] } = {}): Buffer {
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
export function bzImage(payload: Buffer): Buffer {
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

export const packers = {
  gzip: ['gzip', '-9nc'],
  xz: ['xz', '--check=crc32', '-c'],
  lz4: ['lz4', '-l', '-9', '-c'],
  zstd: ['zstd', '-19', '-c'],
} as const;

/** As the kernel's build packs it: all but gzip get the unpacked size behind them. */
export async function packed(content: Buffer, packer: keyof typeof packers): Promise<Buffer> {
  const [command, ...args] = packers[packer];
  const { stdout } = await execa(command, args, {
    input: content,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length);
  return Buffer.concat(packer === 'gzip' ? [stdout] : [stdout, size]);
}
