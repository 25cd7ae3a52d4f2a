// Our cgroup, in either version: where it is mounted and the tightest limit from it to the root.

import { FactUnknown, type HostTree } from './fact.js';

/** A line of /proc/mounts. */
export interface Mount {
  folder: string;
  type: string;
  options: string[];
}

export function mounts(tree: HostTree): Mount[] {
  return tree
    .text('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, folder = '', type = '', options = '']) => ({
      folder,
      type,
      options: options.split(','),
    }));
}

/** Which cgroup versions are mounted, and whether changing them is cheap. */
export interface CgroupMode {
  mode: 'v1' | 'v2' | 'hybrid';
  favordynmods: boolean;
}

export function cgroupMode(tree: HostTree): CgroupMode {
  const cgroups = mounts(tree).filter(({ type }) => type === 'cgroup' || type === 'cgroup2');
  const [v1, v2] = ['cgroup', 'cgroup2'].map((name) => cgroups.some(({ type }) => type === name));
  if (!v1 && !v2) throw new FactUnknown('/proc/mounts has no cgroup file system');
  const favordynmods = cgroups.some(({ options }) => options.includes('favordynmods'));
  return { mode: v1 && v2 ? 'hybrid' : v1 ? 'v1' : 'v2', favordynmods };
}

/**
 * Whether the kernel favours dynamic modifications of cgroups whatever is mounted, for want of the
 * choice: it came with Linux 6.0.
 */
export function alwaysFavorsDynmods(kernelRelease: string): boolean {
  const [major = '6'] = kernelRelease.split('.');
  return Number(major) < 6;
}

/** The files of a limit in a cgroup's folder, and what they say; null is "no limit". */
export interface LimitFiles {
  names: string[];
  parse: (texts: string[], source: string) => number | null;
}

/** A limit's controller and its files in each version. */
export interface Limit {
  controller: string;
  v1: LimitFiles;
  v2: LimitFiles;
}

/**
 * The tightest value of a limit on us: a parent's counts too. Null when nothing limits us. The root
 * has no limit files, and a container may be told a path that only its host can see.
 */
export function tightestLimit(tree: HostTree, limit: Limit): number | null {
  const { mount, path } = membership(tree, limit.controller);
  const { names, parse } = mount.type === 'cgroup2' ? limit.v2 : limit.v1;
  const read = (file: string): string => tree.text(file);
  const values = pathsTo(path)
    .map((folder) => names.map((name) => `${mount.folder}${folder}/${name}`))
    .filter((files) => files.every((file) => tree.exists(file)))
    .map((files) => parse(files.map(read), files.join(' and ')))
    .filter((value) => value !== null);
  return values.length === 0 ? null : Math.min(...values);
}

/** Where a controller is mounted and which of its cgroups is ours. */
export function membership(tree: HostTree, controller: string): { mount: Mount; path: string } {
  const cgroups = mounts(tree).filter(({ type }) => type === 'cgroup' || type === 'cgroup2');
  const mount =
    cgroups.find(({ type, options }) => type === 'cgroup' && options.includes(controller)) ??
    cgroups.find(({ type }) => type === 'cgroup2');
  if (mount === undefined) throw new FactUnknown(`no cgroup controller "${controller}" is mounted`);
  return { mount, path: ownPath(tree, mount.type === 'cgroup' ? controller : '') };
}

// A line is `id:controllers:path`; version 2 is the line without controllers.
function ownPath(tree: HostTree, controller: string): string {
  const lines = tree.text('/proc/self/cgroup').split('\n');
  const own = lines
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .find((fields) => fields?.[1]?.split(',').includes(controller));
  return own?.[2] ?? '/';
}

/** From the root, which is empty, down to the path: "", "/user.slice", "/user.slice/one". */
export function pathsTo(path: string): string[] {
  const parts = ['', ...path.split('/').filter((name) => name !== '')];
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
