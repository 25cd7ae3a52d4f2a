/**
 * Where containers of one harness live while they run: bundles and the runtimes' state, in a folder
 * of tmpfs that is ours alone. It goes with its scope; what a killed harness left is swept by the next
 * one, which knows by the name that nobody owns it any more.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.js';
import { EnvironmentError, messageOf } from '../errors.js';
import { isAlive, processIdentity } from '../owner.js';
import { cgroupNames, removeCgroups } from './cgroups.js';

/** The runtimes' own state is in tmpfs too, where it is left to them: /run. */
const folderOfHomes = '/dev/shm';
const namePattern = /^basepoint-(\d+)-(\d+)-[0-9a-f]{8}/;

export class ContainerHome implements AsyncDisposable {
  #made = 0;

  private constructor(
    private readonly name: string,
    readonly path: string,
  ) {}

  /** @throws EnvironmentError where there is no room */
  static async create({ pid }: Pick<Context, 'pid'>): Promise<ContainerHome> {
    const owner = (processIdentity(pid) ?? `${pid} 0`).replace(' ', '-');
    const name = `basepoint-${owner}-${randomBytes(4).toString('hex')}`;
    const path = join(folderOfHomes, name);
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      throw new EnvironmentError(`no place for containers: ${messageOf(error)}`, { cause: error });
    }
    return new ContainerHome(name, path);
  }

  /** Where a runtime keeps its state: its `--root`. */
  get stateRoot(): string {
    return join(this.path, 'state');
  }

  /** A new name; it is unique on this host, and tells whose container it is. */
  newId(): string {
    this.#made += 1;
    return `${this.name}-${this.#made}`;
  }

  /** Writes a bundle and returns its folder. */
  async bundle(id: string, config: object): Promise<string> {
    const folder = join(this.path, 'bundles', id);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  /** Nothing of that container stays, whether its runtime cleaned up after it or not. */
  async remove(id: string): Promise<void> {
    await removeCgroups(id);
    await rm(join(this.path, 'bundles', id), { recursive: true, force: true });
    await rm(join(this.stateRoot, id), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Removes what killed harnesses of ours left: containers that still run, cgroups, folders. */
export async function sweepContainers({ uid }: Pick<Context, 'uid'>): Promise<void> {
  for (const name of await cgroupNames()) {
    if (isLeft(name)) await removeCgroups(name);
  }
  for (const name of await readdir(folderOfHomes).catch(() => [])) {
    const path = join(folderOfHomes, name);
    if (!isLeft(name) || (await stat(path)).uid !== uid) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function isLeft(name: string): boolean {
  const owner = namePattern.exec(name);
  return owner !== null && !isAlive(`${owner[1] ?? ''} ${owner[2] ?? ''}`);
}
