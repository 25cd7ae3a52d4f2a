/** The configuration that a kernel was built with, from beside it or out of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { parseConfig, type KernelConfig } from './config.js';
import type { WholeKernel } from './store.js';

/** Undefined where neither its folder nor the image has it. */
export async function configOf({
  folder,
  manifest,
}: WholeKernel): Promise<KernelConfig | undefined> {
  if (manifest.files['config'] !== undefined) {
    return parseConfig(await readFile(join(folder, 'config'), 'utf8'));
  }
  const text = embeddedConfig(await readFile(join(folder, 'vmlinux')));
  return text === undefined ? undefined : parseConfig(text);
}

/** What CONFIG_IKCONFIG puts into the image: gzip between two marks (kernel/configs.c). */
export function embeddedConfig(vmlinux: Buffer): string | undefined {
  const [start, end] = [vmlinux.indexOf('IKCFG_ST'), vmlinux.indexOf('IKCFG_ED')];
  if (start < 0 || end < start) return undefined;
  return gunzipSync(vmlinux.subarray(start + 'IKCFG_ST'.length, end)).toString('utf8');
}
