// Which firmware image a machine starts with, told by content: a package may ship one under the
// other's name (Debian 12 links bios-microvm.bin to qboot.rom).

import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { distinctPaths, realPathOf } from './paths.js';
import type { Qemu } from './qemu.js';

export type FirmwareKind = 'qboot' | 'seabios' | 'other';

/** An image, or what was searched for one and what to do. */
export type ResolvedFirmware =
  | { state: 'found'; path: string; sha256: string; kind: FirmwareKind }
  | { state: 'missing'; message: string };

// Where packages put images for any QEMU of the host.
const hostDirectories = [
  '/usr/share/qemu',
  '/usr/share/qboot',
  '/usr/share/seabios',
  '/usr/local/share/qemu',
  '/usr/share/qemu-kvm',
];

/** How a kind of firmware is found: its marker in an image, its file names, who packages it. */
interface NamedFirmware {
  marker: string;
  names: (machine: string) => string[];
  install: string;
}

// qboot calls itself so as the BIOS vendor in the SMBIOS table it makes (since 2019); SeaBIOS in its
// banner. Neither image contains the other's name.
const namedFirmware: Record<'seabios' | 'qboot', NamedFirmware> = {
  seabios: {
    marker: 'SeaBIOS',
    names: (machine) => (isMicrovm(machine) ? ['bios-microvm.bin'] : ['bios-256k.bin']),
    install: 'install SeaBIOS (Debian: apt-get install seabios)',
  },
  qboot: {
    marker: 'qboot',
    names: () => ['qboot.rom', 'bios-microvm.bin'],
    install: 'install qboot (Debian: apt-get install qemu-system-data; Fedora: qboot)',
  },
};

/**
 * Finds the image for `-bios`.
 *
 * `qboot` and `seabios` are looked for beside the binary, then where QEMU itself looks, then in the
 * host's other data folders. `default` is what QEMU would load without `-bios` and `-L`: for microvm
 * `bios-microvm.bin`, or `qboot.rom` when the machine says `acpi=off`; for other machines
 * `bios-256k.bin`. Anything else is a path.
 *
 * @param machine the value of `-machine`, options included
 */
export async function resolveFirmware(
  qemu: Pick<Qemu, 'binary' | 'dataDirectories' | 'besideDirectories'>,
  machine: string,
  wanted: string,
  otherDirectories: readonly string[] = hostDirectories,
): Promise<ResolvedFirmware> {
  if (wanted === 'default') return defaultFirmware(qemu.dataDirectories, machine, qemu.binary);
  if (wanted !== 'qboot' && wanted !== 'seabios') return firmwareAt(wanted);
  const folders = [...qemu.besideDirectories, ...qemu.dataDirectories, ...otherDirectories];
  return firmwareOfKind(wanted, machine, folders);
}

async function firmwareOfKind(
  kind: 'qboot' | 'seabios',
  machine: string,
  folders: string[],
): Promise<ResolvedFirmware> {
  const { names, install } = namedFirmware[kind];
  const searched = names(machine).flatMap((name) => folders.map((folder) => join(folder, name)));
  const seen: string[] = [];
  for (const path of await distinctPaths(searched)) {
    const image = await readImage(path);
    if (image.kind === kind) return { state: 'found', ...image };
    seen.push(`${path} is ${image.kind === 'other' ? 'something else' : image.kind}`);
  }
  const what = `no ${kind} image for machine "${machine}": looked for ${names(machine).join(', ')}`;
  const where = [...new Set(folders)].join(', ');
  const found = seen.length === 0 ? '' : `; ${seen.join('; ')}`;
  return { state: 'missing', message: `${what} in ${where}${found}; ${install}, or give a path` };
}

async function defaultFirmware(
  folders: string[],
  machine: string,
  binary: string,
): Promise<ResolvedFirmware> {
  const name = defaultName(machine);
  const [path] = await distinctPaths(folders.map((folder) => join(folder, name)));
  if (path !== undefined) return { state: 'found', ...(await readImage(path)) };
  const message = `${binary} has no default firmware for machine "${machine}": no ${name} in ${folders.join(', ')}; install it (Debian: apt-get install seabios qemu-system-data), or name a firmware`;
  return { state: 'missing', message };
}

async function firmwareAt(wanted: string): Promise<ResolvedFirmware> {
  const path = resolve(wanted);
  if ((await realPathOf(path)) !== null) return { state: 'found', ...(await readImage(path)) };
  const message = `no firmware "${wanted}": ${path} does not exist; expected qboot, seabios, default or the path of an image`;
  return { state: 'missing', message };
}

// hw/i386/microvm.c, since QEMU 5.2: with ACPI (the default) the SeaBIOS name, without it qboot's.
function defaultName(machine: string): string {
  if (!isMicrovm(machine)) return 'bios-256k.bin';
  return machine.split(',').includes('acpi=off') ? 'qboot.rom' : 'bios-microvm.bin';
}

function isMicrovm(machine: string): boolean {
  return machine.split(',')[0] === 'microvm';
}

async function readImage(path: string) {
  const bytes = await readFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, sha256, kind: kindOf(bytes) };
}

/** What an image is, by the name it carries. */
export function kindOf(image: Buffer): FirmwareKind {
  if (image.includes(namedFirmware.seabios.marker)) return 'seabios';
  return image.includes(namedFirmware.qboot.marker) ? 'qboot' : 'other';
}
