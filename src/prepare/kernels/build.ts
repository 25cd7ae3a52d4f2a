/**
 * Builds a guest's kernel from source: from the distribution's source package, or from a tree of the
 * user's own. It starts from a configuration with everything off and adds the guest's fragment.
 */
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';

import type { Context } from '../../context.js';
import { UsageError } from '../../errors.js';
import { contentKey, type Cache } from '../cache.js';
import { checkFragment, fragmentForKconfig, parseFragment } from './fragment.js';
import { checkKernel } from './image.js';
import { makeKernel } from './make.js';
import { checkNeeds, toolchainOf } from './needs.js';
import { describeSource, kernelKey, type GuestFrom, type TreeSource } from './origin.js';
import { downloadPackage } from './package.js';
import { fillKernel } from './ready.js';
import { storedKernel, writeManifest, type WholeKernel } from './store.js';

/** Told how a build goes on. */
export interface BuildWatch {
  readonly phase: (what: string) => void;
  /** One of about so many objects was compiled. */
  readonly object: (about: number) => void;
}

export interface BuiltKernel {
  readonly kernel: WholeKernel;
  /** It had been built before, from the same inputs. */
  readonly reused: boolean;
}

interface Job {
  readonly guest: GuestFrom<TreeSource>;
  /** A tree of the user's own; undefined takes the source package. */
  readonly tree: string | undefined;
  readonly toolchain: readonly string[];
  readonly watch: BuildWatch;
  readonly context: Context;
}

/**
 * @param tree the user's own source tree, in place of the guest's source package
 * @throws EnvironmentError
 */
export async function buildKernel(
  guest: GuestFrom<TreeSource>,
  tree: string | undefined,
  cache: Cache,
  context: Context,
  watch: BuildWatch,
): Promise<BuiltKernel> {
  const file = fragmentFile(guest, context);
  parseFragment(await readFile(join(guest.folder, guest.source.fragment), 'utf8'), file);
  await checkNeeds(context);
  const toolchain = await toolchainOf(context);
  const key = await (tree === undefined
    ? kernelKey(guest, context)
    : treeKey(guest, tree, watch, context));
  const stored = await storedKernel(join(cache.root, 'kernels', key));
  if (stored.state === 'whole' && isSame(stored.manifest.toolchain, toolchain)) {
    return { kernel: stored, reused: true };
  }
  const job = { guest, tree, toolchain, watch, context };
  const kernel = await fillKernel(key, (folder) => fillFromTree(job, folder), cache);
  return { kernel, reused: false };
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function fragmentFile({ folder, source }: GuestFrom<TreeSource>, { home }: Context): string {
  return relative(home, join(folder, source.fragment));
}

/** A tree by path is what is in it, whatever its name. */
async function treeKey(
  guest: GuestFrom<TreeSource>,
  tree: string,
  watch: BuildWatch,
  context: Context,
): Promise<string> {
  const makefile = join(tree, 'Kbuild');
  await stat(makefile).catch(() => {
    throw new UsageError(`--source: ${tree} is no kernel source tree: it has no Kbuild`);
  });
  watch.phase('reading the source tree');
  const how = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--exclude=./.git'];
  const { stdout } = await execa('tar', ['-C', tree, ...how, '-cf', '-', '.'], {
    cancelSignal: context.signal,
    ...{ encoding: 'buffer', buffer: false },
  }).pipe('sha256sum');
  const fragment = await readFile(join(guest.folder, guest.source.fragment), 'utf8');
  return contentKey(['tree by path', 1, stdout, fragment]);
}

/** Fills a kernel's folder in the cache. */
async function fillFromTree(job: Job, folder: string): Promise<void> {
  const { guest, tree, toolchain, watch, context } = job;
  const work = join(folder, 'work');
  const build = join(work, 'build');
  await mkdir(build, { recursive: true });
  const source = tree ?? (await unpackSource(job, work));
  await configure(job, source, build);
  watch.phase('compiling');
  const { objects } = guest.source;
  const jobs = `-j${availableParallelism()}`;
  await makeKernel(source, build, [jobs, 'vmlinux', 'bzImage'], context, () => {
    watch.object(objects);
  });
  await takeFiles(build, folder, guest.name);
  await rm(work, { recursive: true });
  const described = tree ?? describeSource(guest);
  const { name, version } = guest;
  const facts = { guest: name, version, source: described, toolchain: [...toolchain] };
  await writeManifest(folder, facts);
}

async function unpackSource({ guest, watch, context }: Job, work: string): Promise<string> {
  const { source, version, sha256 } = guest;
  watch.phase(`fetching ${describeSource(guest)}`);
  const deb = await downloadPackage({ package: source.package, version, sha256 }, work, context);
  watch.phase('unpacking the source');
  const tree = join(work, 'source');
  await mkdir(tree);
  const options = { encoding: 'buffer', buffer: false, cancelSignal: context.signal } as const;
  await execa('dpkg-deb', ['--fsys-tarfile', deb], options)
    .pipe('tar', ['-xO', `./${source.tarball}`], options)
    .pipe('tar', ['-xJ', '-C', tree, '--strip-components=1'], options);
  await rm(deb);
  return tree;
}

/** Everything off, then the fragment: what the kernel's own configuration program makes of that. */
async function configure({ guest, watch, context }: Job, source: string, build: string) {
  watch.phase('configuring');
  const file = fragmentFile(guest, context);
  const text = await readFile(join(guest.folder, guest.source.fragment), 'utf8');
  const lines = parseFragment(text, file);
  const fragment = join(build, 'fragment');
  await writeFile(fragment, fragmentForKconfig(lines));
  await makeKernel(source, build, [`KCONFIG_ALLCONFIG=${fragment}`, 'allnoconfig'], context);
  checkFragment(lines, await readFile(join(build, '.config'), 'utf8'), file);
}

/** The vmlinux without its symbols is what the kernel's build packs into the bzImage. */
async function takeFiles(build: string, folder: string, name: string): Promise<void> {
  const files = [
    ['arch/x86/boot/compressed/vmlinux.bin', 'vmlinux'],
    ['arch/x86/boot/bzImage', 'bzImage'],
    ['.config', 'config'],
    ['System.map', 'System.map'],
  ] as const;
  for (const [from, to] of files) await copyFile(join(build, from), join(folder, to));
  checkKernel(await readFile(join(folder, 'vmlinux')), name);
}
