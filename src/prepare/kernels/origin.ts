/** Where a guest's kernel comes from, and under which key the cache has it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../../context.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import { contentKey, type Cache } from '../cache.js';
import { programInputs, tinyProgram } from '../compile.js';
import { storedKernel, type StoredKernel } from './store.js';

export type Source = DeclaredGuest['source'];
export type ProgramSource = Extract<Source, { readonly build: string }>;
export type PackageSource = Extract<Source, { readonly file: string }>;
export type TreeSource = Extract<Source, { readonly tarball: string }>;

/** A guest with one kind of source. */
export type GuestFrom<S extends Source> = DeclaredGuest & { readonly source: S };

export type OriginName = 'program' | 'package' | 'tree';

interface Origin {
  /** The command of `kernels` that gets it. */
  readonly verb: 'fetch' | 'build';
  readonly there: string;
  readonly absent: string;
  /** For the table of guests. */
  readonly when: string;
}

/** The ways to come by a kernel. */
export const origins: Readonly<Record<OriginName, Origin>> = {
  program: {
    ...{ verb: 'fetch', there: 'built', absent: 'not built' },
    when: 'is built when it is needed',
  },
  package: {
    ...{ verb: 'fetch', there: 'fetched', absent: 'not fetched' },
    when: 'is fetched when it is needed',
  },
  tree: {
    ...{ verb: 'build', there: 'built', absent: 'not built' },
    when: 'needs "basepoint kernels build"',
  },
};

export function originOf(source: Source): OriginName {
  if ('build' in source) return 'program';
  return 'tarball' in source ? 'tree' : 'package';
}

export function isFromPackage(guest: DeclaredGuest): guest is GuestFrom<PackageSource> {
  return originOf(guest.source) === 'package';
}

export function isFromTree(guest: DeclaredGuest): guest is GuestFrom<TreeSource> {
  return originOf(guest.source) === 'tree';
}

/** In a few words, for tables. */
export function describeSource({ source, version }: DeclaredGuest): string {
  if ('build' in source) return `kernels/${source.build}`;
  return `${source.package} ${version}`;
}

/** What of the declaration decides the kernel's bytes; the version of what builds a tree is not among it. */
export async function kernelKey(guest: DeclaredGuest, context: Context): Promise<string> {
  const { source, version, sha256 } = guest;
  if ('build' in source)
    return contentKey(['program', 1, await programInputs(tinyProgram, context)]);
  if ('file' in source) return contentKey(['package', 1, source, version, sha256]);
  const fragment = await readFile(join(guest.folder, source.fragment), 'utf8');
  return contentKey(['tree', 1, source.package, source.tarball, version, sha256, fragment]);
}

/** What the cache has of this guest's kernel. */
export async function kernelOfGuest(
  guest: DeclaredGuest,
  cache: Cache,
  context: Context,
): Promise<StoredKernel> {
  return storedKernel(join(cache.root, 'kernels', await kernelKey(guest, context)));
}
