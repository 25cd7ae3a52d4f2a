/** The container runtimes of this host: which there are, and what each says about itself. */
import { delimiter, isAbsolute, join } from 'node:path';
import { execa } from 'execa';

import { messageOf } from '../errors.js';
import { isExecutable } from '../host/paths.js';
import { sha256Of } from '../host/qemu.js';
import type { RuntimeName } from '../tiers.js';

export interface Runtime {
  readonly name: RuntimeName;
  readonly binary: string;
  /** `crun 1.8.1` */
  readonly version: string;
  readonly sha256: string;
}

/** The outcome of looking for one: a runtime, or why there is none and what to do. */
export type FoundRuntime =
  | { readonly state: 'usable'; readonly runtime: Runtime }
  | { readonly state: 'unusable'; readonly name: RuntimeName; readonly why: string };

/** Asks the first program of this name on PATH what it is; whether it works here is not tried. */
export async function findRuntime(
  name: RuntimeName,
  path: string,
  uid: number,
): Promise<FoundRuntime> {
  const unusable = (why: string) => ({ state: 'unusable', name, why }) as const;
  const binary = await onPath(name, path);
  if (binary === undefined) {
    return unusable(`${name} is not installed; install the package ${name}`);
  }
  if (uid !== 0) return unusable(`${name} without root is not supported; run basepoint as root`);
  try {
    const { stdout } = await execa(binary, ['--version'], { lines: true, timeout: 10_000 });
    const version = runtimeVersion(name, stdout[0] ?? '');
    return { state: 'usable', runtime: { name, binary, version, sha256: await sha256Of(binary) } };
  } catch (error) {
    return unusable(`${binary} cannot be used: ${messageOf(error)}`);
  }
}

/**
 * From the first line of `--version`, `crun version 1.8.1`.
 *
 * @throws Error when it is another program's
 */
export function runtimeVersion(name: string, line: string): string {
  const found = /^(\S+) version (\S+)$/.exec(line.trim());
  if (found?.[1] !== name || found[2] === undefined) {
    throw new Error(`--version: expected "${name} version ...", got "${line}"`);
  }
  return `${name} ${found[2]}`;
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((one) => isAbsolute(one))) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}
