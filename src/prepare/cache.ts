/**
 * The cache: content-addressed folders, complete or absent. A folder is filled under another name
 * and renamed when it is whole, so an interrupted build leaves nothing that looks finished.
 *
 * It holds guest memory, secrets included: mode 0700, ours alone, or it is not used.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { EnvironmentError, messageOf } from '../errors.js';
import type { Context } from '../context.js';

export class Cache {
  private constructor(readonly root: string) {}

  /** @throws EnvironmentError when the folder belongs to, or is open to, someone else */
  static async open(context: Pick<Context, 'env' | 'uid' | 'pid'>): Promise<Cache> {
    const { BASEPOINT_CACHE, XDG_CACHE_HOME, HOME } = context.env;
    const base = XDG_CACHE_HOME ?? (HOME === undefined ? undefined : join(HOME, '.cache'));
    const root = BASEPOINT_CACHE ?? (base === undefined ? undefined : join(base, 'basepoint'));
    if (root === undefined) {
      throw new EnvironmentError('no place for the cache: set HOME or BASEPOINT_CACHE');
    }
    await mkdir(root, { recursive: true, mode: 0o700 });
    const { uid, mode } = await stat(root);
    if (uid !== context.uid) {
      throw new EnvironmentError(`${root} belongs to user ${uid}, not to us: set BASEPOINT_CACHE`);
    }
    if ((mode & 0o077) !== 0) {
      throw new EnvironmentError(
        `${root} is open to other users and would hold guest memory: chmod 700 ${root}`,
      );
    }
    return new Cache(root);
  }

  /** The folder for this key, made by `fill` unless it is there already and `valid` accepts it. */
  async folder(
    kind: string,
    key: string,
    fill: (folder: string) => Promise<void>,
    valid: (folder: string) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<{ readonly path: string; readonly reused: boolean }> {
    const path = join(this.root, kind, key);
    if ((await exists(path)) && (await valid(path))) return { path, reused: true };
    await this.#make(path, fill);
    return { path, reused: false };
  }

  async #make(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const partial = join(this.root, 'partial', randomUUID());
    await this.#write(mkdir(partial, { recursive: true, mode: 0o700 }));
    try {
      await fill(partial);
      await this.#write(mkdir(join(path, '..'), { recursive: true, mode: 0o700 }));
      await this.#write(replace(partial, path));
    } finally {
      // What was just told to end may still write there.
      await rm(partial, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  async #write(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw new EnvironmentError(
        `the cache ${this.root} cannot be written: ${messageOf(error)}; set BASEPOINT_CACHE`,
        { cause: error },
      );
    }
  }

  /** Removes what a killed harness left half-made more than a day ago. */
  async sweep(nowMs: number): Promise<void> {
    const folder = join(this.root, 'partial');
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const age = nowMs - (await stat(path)).mtimeMs;
      if (age > 24 * 3_600_000) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Puts a whole folder in place; where another process was faster, its folder is as good as ours. */
async function replace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch {
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A short key for everything that went into something. */
export function contentKey(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 24);
}
