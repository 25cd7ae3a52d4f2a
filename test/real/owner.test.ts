import type { ChildProcess } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { home, temporaryFolder } from '../support/context.js';

/** The first line that a base point says to who connects, as this user. */
async function greeting(socket: string, uid: number): Promise<string> {
  const script = `require('node:net').connect(process.argv[1]).once('data', (line) => { console.log(String(line)); process.exit(); })`;
  const { stdout } = await execa('node', ['-e', script, socket], { uid, timeout: 10_000 });
  return stdout.trim();
}

async function untilListening(socket: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const opened = await new Promise<boolean>((resolve) => {
      const probe = connect(socket, () => {
        probe.destroy();
        resolve(true);
      }).on('error', () => {
        resolve(false);
      });
    });
    if (opened) return;
    await sleep(50);
  }
  throw new Error('the base point does not listen');
}

describe('a base point that listens at a path', () => {
  it.runIf(process.getuid?.() === 0)(
    'takes requests from its own user only, even where anybody can connect',
    { timeout: 30_000 },
    async () => {
      await using folder = await temporaryFolder();
      await chmod(folder.path, 0o755);
      const socket = join(folder.path, 'control');
      await using qemu = scoped(
        execa('qemu-system-x86_64', ['-M', 'none', '-S', '-nodefaults', '-display', 'none'], {
          env: {
            LD_PRELOAD: join(home, 'dist/native/basepoint.so'),
            BASEPOINT_CONTROL: `unix:${socket}`,
          },
          reject: false,
        }),
      );
      await untilListening(socket);
      await chmod(socket, 0o666);
      expect(await greeting(socket, 0)).toMatch(/^basepoint 1 /);
      expect(await greeting(socket, 65_534)).toMatch(/^error - user this base point takes/);
      expect(qemu.running()).toBe(true);
    },
  );
});

function scoped(child: Pick<ChildProcess, 'exitCode' | 'kill'> & PromiseLike<unknown>) {
  return {
    running: () => child.exitCode === null,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}
