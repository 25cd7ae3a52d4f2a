/**
 * A cgroup of our own for the VMs of one density step: what they cost the kernel in memory that is
 * in no process's figures (page tables, stacks, KVM's structures, sockets). It is removed whatever
 * happens: by a shell that waits for us to hang up, where the harness is killed.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

import { EnvironmentError, messageOf } from '../errors.js';
import { membership, pathsTo } from '../host/cgroup.js';
import { hostTree } from '../host/tree.js';

/** A cgroup may be busy for a moment after its last process has ended. */
const remove =
  'read -r _; n=0; until rmdir "$0" 2>/dev/null || [ $n -ge 100 ]; do sleep 0.1; n=$((n+1)); done';

export interface CgroupMemory {
  /** Slab, stacks, page tables and the like. */
  readonly kernelKiB: number;
  /** All that is charged to the cgroup, kernel memory included. */
  readonly chargedKiB: number;
}

export class StepCgroup implements AsyncDisposable {
  readonly #remover: ChildProcessByStdio<Writable, null, null>;

  private constructor(
    private readonly folder: string,
    /** Where the processes were before. */
    private readonly before: string,
    private readonly version: 1 | 2,
    private readonly pids: readonly number[],
  ) {
    this.#remover = spawn('sh', ['-c', remove, folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#remover.on('error', () => undefined);
    this.#remover.stdin.on('error', () => undefined);
  }

  /**
   * Moves the processes into a new cgroup; what they fork belongs to it.
   *
   * @throws Error where there is no memory controller, or we may not
   */
  static create(pids: readonly number[], name: string): StepCgroup {
    const { mount, path } = membership(hostTree('/'), 'memory');
    const version = mount.type === 'cgroup2' ? 2 : 1;
    const own = mount.folder + path;
    let refusal: unknown = new Error(`${own} has no memory controller for its children`);
    // In version 2 a cgroup that has processes has no controllers for its children: one above may.
    for (const parent of pathsTo(path === '/' ? '' : path).reverse()) {
      const folder = join(mount.folder + parent, name);
      try {
        mkdirSync(folder);
      } catch (error) {
        refusal = error;
        continue;
      }
      const cgroup = new StepCgroup(folder, own, version, pids);
      try {
        cgroup.memory();
        for (const pid of pids) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
        return cgroup;
      } catch (error) {
        refusal = error;
        void cgroup[Symbol.asyncDispose]();
      }
    }
    throw new Error(`no cgroup of its own: ${messageOf(refusal)}`, { cause: refusal });
  }

  /** @throws Error where the kernel does not tell */
  memory(): CgroupMemory {
    return this.version === 1
      ? {
          kernelKiB: this.#bytes('memory.kmem.usage_in_bytes') / 1024,
          chargedKiB: this.#bytes('memory.usage_in_bytes') / 1024,
        }
      : {
          kernelKiB: kernelBytes(this.#read('memory.stat')) / 1024,
          chargedKiB: this.#bytes('memory.current') / 1024,
        };
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  #bytes(file: string): number {
    return Number(this.#read(file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids) {
      try {
        writeFileSync(join(this.before, 'cgroup.procs'), String(pid));
      } catch {
        // It has ended.
      }
    }
    const ended = once(this.#remover, 'close').catch(() => undefined);
    this.#remover.stdin.end();
    await ended;
    if (!existsSync(this.folder)) return;
    throw new EnvironmentError(`the cgroup ${this.folder} cannot be removed; do it: rmdir`);
  }
}

/** From a memory.stat of version 2; the sum of its parts where the kernel is older than 5.18. */
export function kernelBytes(stat: string): number {
  const field = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1]);
  const whole = field('kernel');
  if (!Number.isNaN(whole)) return whole;
  const parts = ['slab', 'kernel_stack', 'pagetables', 'percpu', 'sock'].map(field);
  const known = parts.filter((bytes) => !Number.isNaN(bytes));
  if (known.length === 0) throw new Error('memory.stat tells no kernel memory');
  return known.reduce((sum, bytes) => sum + bytes, 0);
}
