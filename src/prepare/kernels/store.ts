/**
 * Kernels in the cache: a folder each, with a manifest that says what it holds and the hash of every
 * file. The manifest is written last, and the folder only gets its name when it is whole.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { messageOf } from '../../errors.js';
import { sha256Of } from '../../host/qemu.js';

const manifestName = 'manifest.json';

const manifestSchema = z.object({
  format: z.literal(1),
  guest: z.string(),
  version: z.string(),
  /** Where it came from, for people. */
  source: z.string(),
  /** What built it; absent for what came built. */
  toolchain: z.array(z.string()).optional(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});

export type KernelManifest = z.output<typeof manifestSchema>;

/** Files a kernel's folder may hold; `vmlinux` is always there. */
export const kernelFiles = ['vmlinux', 'bzImage', 'config', 'System.map'] as const;
export type KernelFile = (typeof kernelFiles)[number];

/** A kernel in the cache, as far as it is there. */
export type StoredKernel =
  | { readonly state: 'absent'; readonly folder: string }
  | { readonly state: 'damaged'; readonly folder: string; readonly why: string }
  | { readonly state: 'whole'; readonly folder: string; readonly manifest: KernelManifest };

export type WholeKernel = Extract<StoredKernel, { readonly state: 'whole' }>;

/** Reads every byte of it: a kernel that is whole is the one that was put there. */
export async function storedKernel(folder: string): Promise<StoredKernel> {
  if (!(await isThere(folder))) return { state: 'absent', folder };
  try {
    const text = await readFile(join(folder, manifestName), 'utf8');
    const manifest = manifestSchema.parse(JSON.parse(text));
    const why = await damage(folder, manifest);
    return why === undefined
      ? { state: 'whole', folder, manifest }
      : { state: 'damaged', folder, why };
  } catch (error) {
    const why = error instanceof z.ZodError ? 'is none of this version' : messageOf(error);
    return { state: 'damaged', folder, why: `${manifestName}: ${why}` };
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function damage(folder: string, { files }: KernelManifest): Promise<string | undefined> {
  if (files['vmlinux'] === undefined) return `${manifestName} names no vmlinux`;
  for (const [name, { bytes, sha256 }] of Object.entries(files)) {
    const path = join(folder, name);
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size === undefined) return `${name} is missing`;
    if (size !== bytes) return `${name} has ${size} bytes, expected ${bytes}`;
    const found = await sha256Of(path);
    if (found !== sha256) return `${name} has sha256 ${found}, expected ${sha256}`;
  }
  return undefined;
}

/** Ends the filling of a kernel's folder. */
export async function writeManifest(
  folder: string,
  facts: Omit<KernelManifest, 'format' | 'files'>,
): Promise<void> {
  const files: KernelManifest['files'] = {};
  for (const name of kernelFiles) {
    const path = join(folder, name);
    if (!(await isThere(path))) continue;
    files[name] = { bytes: (await stat(path)).size, sha256: await sha256Of(path) };
  }
  const manifest: KernelManifest = { format: 1, ...facts, files };
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}
