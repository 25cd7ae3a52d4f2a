// What a host fact is. The tables beside this file list them; they touch the host only through a
// HostTree, so showing and comparing the facts of an old run needs no file system.

/** A fact about the host: a value, or why there is none. Never a stand-in number. */
export type Fact<V> = { state: 'known'; value: V } | { state: 'unknown'; why: string };

/** A warning: what was seen, then what to do. */
export interface Warning {
  seen: string;
  do: string;
}

/**
 * What a difference in this fact does to a comparison of two runs: `blocks` makes their numbers
 * incomparable, `warns` travels with the verdict, `ignores` says nothing (it changes by the minute).
 */
export type Weight = 'blocks' | 'warns' | 'ignores';

/** One row of a host fact table. `read` throws {@link FactUnknown} when the host does not say. */
export interface FactDefinition<V> {
  label: string;
  compare: Weight;
  read: (tree: HostTree) => V;
  show: (value: V) => string;
  warn?: (value: V) => Warning | undefined;
}

/** Lets the compiler infer the value's type from `read`, row by row. */
export function defineFact<V>(definition: FactDefinition<V>): FactDefinition<V> {
  return definition;
}

/** Thrown by a `read` that finds nothing; becomes the fact's `why`. */
export class FactUnknown extends Error {}

/** The warning, when it is due. */
export function warnIf(due: boolean, seen: string, action: string): Warning | undefined {
  return due ? { seen, do: action } : undefined;
}

/** How a device node answers us. */
export type DeviceAccess =
  | { status: 'usable'; mode: string }
  | { status: 'refused'; mode: string; error: string }
  | { status: 'missing' };

/** What a mounted folder offers. */
export interface FolderSpace {
  tmpfs: boolean;
  freeMiB: number;
  writable: boolean;
}

/** The host's file tree. Paths are absolute, as on the real host, wherever the tree's root is. */
export interface HostTree {
  /** The file's trimmed text; throws {@link FactUnknown}. */
  text(path: string): string;
  /** The folder's entries, sorted; throws {@link FactUnknown}. */
  list(path: string): string[];
  exists(path: string): boolean;
  /** Opens the device for reading and writing, and closes it again. */
  device(path: string): DeviceAccess;
  /** Asks, without writing anything; throws {@link FactUnknown}. */
  space(path: string): FolderSpace;
}

/** The first of several files that can be read, for facts whose place depends on the vendor. */
export function firstText(tree: HostTree, paths: string[]): { path: string; text: string } {
  const path = paths.find((candidate) => tree.exists(candidate));
  if (path === undefined) throw new FactUnknown(`none of ${paths.join(', ')} exists`);
  return { path, text: tree.text(path) };
}

/** The number that `text` is, or else the fact is unknown: never NaN, which JSON makes null. */
export function toNumber(text: string | undefined, source: string): number {
  if (text !== undefined && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new FactUnknown(`${source} holds "${text ?? ''}", not a number`);
}

/** The number in a file. */
export function numberIn(tree: HostTree, path: string): number {
  return toNumber(tree.text(path), path);
}

/** The value of `name=` on the host kernel's command line; null when it is not there. */
export function kernelArgument(tree: HostTree, name: string): string | null {
  const words = tree.text('/proc/cmdline').split(/\s+/);
  return words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** Counts a kernel list such as `0-3,8`. */
export function countList(list: string, source: string): number {
  const sizes = list.split(',').map((range) => {
    const [first, last = first] = range.split('-');
    return toNumber(last, source) - toNumber(first, source) + 1;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A kernel switch: `Y` or a number other than 0 is on. */
export function isOn(text: string): boolean {
  return text !== 'N' && text !== '0';
}

export const asIs = (text: string): string => text;
export const onOff = (on: boolean): string => (on ? 'on' : 'off');
