// The QEMUs of this host: which there are, and what each says about itself.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa, ExecaError } from 'execa';
import { distinctPaths, isExecutable } from './paths.js';

export const qemuName = 'qemu-system-x86_64';

/** A QEMU and what it can do. */
export interface Qemu {
  binary: string;
  sha256: string;
  version: QemuVersion;
  /** Every name `-machine` takes: aliases such as `pc`, and versioned ones such as `pc-q35-7.2`. */
  machines: string[];
  accelerators: string[];
  /** Where it looks for firmware and option ROMs by itself (`-L help`), in its order. */
  dataDirectories: string[];
  /**
   * Data folders that lie beside the binary and are not among the above. A package unpacked into a
   * folder has them: its binary still looks below /usr. Pass each as `-L` to make it use its own.
   */
  besideDirectories: string[];
}

/** `short` is `7.2.22`; `distribution` is the packager's suffix, `Debian 1:7.2+dfsg-7`, or null. */
export interface QemuVersion {
  full: string;
  short: string;
  distribution: string | null;
}

/** The outcome of looking at one binary: a QEMU, or why it is none. */
export type InspectedQemu =
  { state: 'usable'; qemu: Qemu } | { state: 'unusable'; binary: string; why: string };

/**
 * Inspects every `qemu-system-x86_64` on a PATH, then each of `extra`: a path, or a command's name.
 * A binary reached in two ways (/bin is /usr/bin) appears once, under the first.
 */
export async function findQemus(where: {
  path: string;
  extra: readonly string[];
}): Promise<InspectedQemu[]> {
  const folders = where.path.split(delimiter).filter((folder) => isAbsolute(folder));
  const onPath = await programs(qemuName, folders);
  const named = await Promise.all(where.extra.map((name) => namedPrograms(name, folders)));
  const found = await distinctPaths([...onPath, ...named.flat()]);
  const missing = where.extra.filter((_, index) => named[index]?.length === 0);
  return [...(await Promise.all(found.map(inspectQemu))), ...missing.map(notFound)];
}

/** Asks a binary what it is. It is run a few times; nothing is kept. */
export async function inspectQemu(binary: string): Promise<InspectedQemu> {
  try {
    const version = parseQemuVersion((await ask(binary, '--version'))[0] ?? '');
    return { state: 'usable', qemu: await describe(binary, version) };
  } catch (error) {
    return { state: 'unusable', binary, why: reasonOf(error) };
  }
}

/** Reads the first line of `--version`; throws when it is not QEMU's. */
export function parseQemuVersion(full: string): QemuVersion {
  const found = /^QEMU emulator version (\S+)(?: \((.+)\))?/.exec(full);
  if (found?.[1] === undefined) {
    throw new Error(`--version: expected "QEMU emulator version ...", got "${full}"`);
  }
  return { full, short: found[1], distribution: found[2] ?? null };
}

async function describe(binary: string, version: QemuVersion): Promise<Qemu> {
  const [sha256, machines, accelerators, dataLines] = await Promise.all([
    sha256Of(binary),
    ask(binary, '-machine', 'help'),
    ask(binary, '-accel', 'help'),
    ask(binary, '-L', 'help'),
  ]);
  const dataDirectories = dataLines.map((line) => resolve(line));
  return {
    binary,
    sha256,
    version,
    machines: namesListed(machines),
    accelerators: namesListed(accelerators),
    dataDirectories,
    besideDirectories: await distinctPaths(besideBinary(binary), dataDirectories),
  };
}

/** The sha256 of a file, in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function programs(name: string, folders: string[]): Promise<string[]> {
  const paths = folders.map((folder) => join(folder, name));
  const runnable = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => runnable[index]);
}

// A path is taken as it is, so that one which cannot be run is reported with its own error.
async function namedPrograms(name: string, folders: string[]): Promise<string[]> {
  if (name.includes('/')) return distinctPaths([resolve(name)]);
  return (await programs(name, folders)).slice(0, 1);
}

function notFound(name: string): InspectedQemu {
  const why = name.includes('/') ? 'no such file' : 'no program of this name is on PATH';
  return { state: 'unusable', binary: name, why };
}

function besideBinary(binary: string): string[] {
  return ['qemu', 'seabios', 'qboot'].map((name) => join(dirname(binary), '../share', name));
}

/** The output's lines. Each of these questions is answered without a display, KVM or a guest. */
async function ask(binary: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await execa(binary, args, { stdin: 'ignore', timeout: 20_000, lines: true });
  return stdout;
}

// After a headline, each line is a name and perhaps its description.
function namesListed(lines: string[]): string[] {
  return lines.slice(1).flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
}

function reasonOf(error: unknown): string {
  if (error instanceof ExecaError) return error.shortMessage.replaceAll('\n', ': ');
  return error instanceof Error ? error.message : String(error);
}
