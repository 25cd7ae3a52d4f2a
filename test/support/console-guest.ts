/** A user's own guest for tests: an initramfs with a PID 1 of its own, and a root disk with the same. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

import { home } from './context.js';

const flags = [
  ...['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O2', '-ffreestanding', '-nostdlib', '-static'],
  ...['-no-pie', '-fno-pie', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-s'],
];

/** @param modules files that it loads in this order */
export async function consoleInitramfs(
  folder: string,
  modules: readonly string[] = [],
): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'modules'), { recursive: true });
  await buildInit(join(tree, 'init'));
  for (const [index, file] of modules.entries()) {
    await copyFile(file, join(tree, 'modules', String(index)));
  }
  const names = ['init', 'modules', ...modules.map((_, index) => `modules/${index}`)];
  const input = names.map((name) => `${name}\n`).join('');
  const { stdout } = await execa('cpio', ['--create', '--format=newc', '--quiet'], {
    ...{ cwd: tree, input, encoding: 'buffer', stripFinalNewline: false },
  });
  const path = join(folder, 'own.cpio');
  await execa('tee', [path], { input: stdout, stdout: 'ignore' });
  return path;
}

/** An ext4 image with that program as /init. */
export async function rootDisk(folder: string): Promise<string> {
  const tree = join(folder, 'root');
  await mkdir(tree, { recursive: true });
  await buildInit(join(tree, 'init'));
  const path = join(folder, 'root.ext4');
  // Beside the usual folders, which may not be on the PATH of a user.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  await execa('mke2fs', ['-q', '-t', 'ext4', '-d', tree, path, '8M'], { env });
  return path;
}

async function buildInit(output: string): Promise<void> {
  const source = join(home, 'test/fixtures/console-guest/init.c');
  await execa('gcc', [...flags, '-I', join(home, 'kernels/init'), '-o', output, source]);
}
