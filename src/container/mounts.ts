/**
 * A view of the host's mounts in which crun works. Where cgroups are mounted in both versions and
 * version 2 has controllers (the hybrid layout), crun refuses to start anything; without that one
 * mount it uses version 1, as runc does by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { EnvironmentError } from '../errors.js';
import type { RuntimeName } from '../tiers.js';

const unified = '/sys/fs/cgroup/unified';

/** Whether this runtime needs a mount namespace of its own here. */
export async function needsOwnMounts(name: RuntimeName): Promise<boolean> {
  if (name !== 'crun') return false;
  const controllers = await readFile(`${unified}/cgroup.controllers`, 'utf8').catch(() => '');
  return controllers.trim() !== '';
}

/** A mount namespace without the version 2 mount; it lives as long as the descriptor is open. */
export class OwnMounts implements Disposable {
  private constructor(readonly fd: number) {}

  /** @throws EnvironmentError where we may not make one */
  static async create(): Promise<OwnMounts> {
    const script = `umount ${unified} && echo done && read -r end`;
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', script];
    const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    holder.stdin.on('error', () => undefined);
    const ended = new Promise<'ended'>((resolve) => {
      holder.once('close', () => {
        resolve('ended');
      });
      holder.once('error', () => {
        resolve('ended');
      });
    });
    try {
      const came = await Promise.race([once(holder.stdout, 'data'), ended]);
      if (came === 'ended' || holder.pid === undefined) {
        throw new EnvironmentError(
          `crun refuses hosts that mount cgroups in both versions, and ${unified} could not be unmounted for it alone`,
        );
      }
      return new OwnMounts(openSync(`/proc/${holder.pid}/ns/mnt`, 'r'));
    } finally {
      holder.stdin.end();
      await ended;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
