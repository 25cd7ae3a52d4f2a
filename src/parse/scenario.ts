/** First stage: a scenario file, checked, every value in its unit, every knob a list. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';

import { messageOf, UsageError } from '../errors.js';
import type { ConsoleReady } from '../ends.js';
import type { IdentityName } from '../identity.js';
import { noTenant, uidOfTenant, type Tenant } from '../tenants.js';
import type { TierName } from '../tiers.js';
import { CheckedDocument } from './document.js';
import { didYouMean } from './message.js';
import { scenarioSchema, type GuestByPath, type ScenarioFile } from './schema.js';

/** A guest as a scenario names it: declared under kernels/, or by path; or what stands for one. */
export type GuestReference =
  | { readonly kind: 'declared'; readonly name: string }
  /** What a container runs: no guest, but our program on the host's kernel. */
  | { readonly kind: 'program'; readonly name: string }
  | {
      readonly kind: 'path';
      readonly name: string;
      readonly kernel: string;
      /** 'default', 'none' or an absolute path. */
      readonly initramfs: string;
      readonly commandLine: string | undefined;
      readonly needsNativeKvm: boolean;
      readonly disk: GuestDisk | undefined;
      readonly ready: ConsoleReady | undefined;
    };

/** A raw image that the guest has as its first virtio disk. */
export interface GuestDisk {
  /** Absolute. */
  readonly path: string;
  readonly mode: 'readonly' | 'overlay';
}

/** The first of these declared guests whose kernel is at hand; the plan settles which. */
export interface GuestChoice {
  readonly kind: 'firstOf';
  readonly names: readonly string[];
}

/** How many measured starts each cell of a scenario gets. */
export type Sampling =
  | { readonly kind: 'fixed'; readonly runs: number }
  | {
      readonly kind: 'until';
      /** How far the ends of the median's 95 % interval may be from it, as a part of it. */
      readonly relativeCi: number;
      /** Successful starts of a cell before its interval counts. */
      readonly min: number;
      /** Starts of a cell, failed ones included. */
      readonly max: number;
      readonly timeMs: number;
    };

/** One entry of the matrix: every knob a list of at least one value. */
export interface Block {
  /** `file:line:col` of the entry. */
  readonly at: string;
  readonly tier: readonly TierName[];
  readonly guest: readonly (GuestReference | GuestChoice)[];
  readonly accel: readonly ('kvm' | 'tcg' | 'auto')[];
  readonly memoryMiB: readonly number[];
  readonly vcpus: readonly number[];
  readonly machine: readonly string[];
  readonly firmware: readonly string[];
  readonly cpu: readonly string[];
  readonly qemu: readonly string[];
  readonly kernelArguments: readonly string[];
  readonly backing: readonly string[];
  readonly workingSetMiB: readonly number[];
  readonly pageCache: readonly ('warm' | 'cold')[];
  readonly identity: readonly IdentityName[];
  readonly observeMs: readonly number[];
  readonly thp: readonly ('host' | 'never')[];
  readonly tenant: readonly Tenant[];
  readonly concurrency: readonly number[];
  readonly alive: readonly number[];
}

/** CPUs, and where the file names them. */
export interface PinnedTo {
  readonly at: string;
  readonly cpus: readonly number[];
}

export interface Scenario {
  readonly file: string;
  /** The file as it was, for the record of the run. */
  readonly text: string;
  readonly name: string;
  /** `file:line:col` of the name. */
  readonly nameAt: string;
  readonly description: string;
  readonly sampling: Sampling;
  readonly warmup: number;
  readonly timeoutMs: number;
  readonly memoryReserveMiB: number;
  readonly seed: number;
  readonly pin: { readonly qemu: PinnedTo | undefined; readonly harness: PinnedTo | undefined };
  readonly blocks: readonly Block[];
}

/** @throws UsageError with file, line and column */
export async function readScenario(
  file: string,
  cwd: string,
  declaredGuests: readonly string[],
): Promise<Scenario> {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseScenario(text, file, dirname(path), declaredGuests);
}

/**
 * @param folder what relative paths in the file are relative to
 * @throws UsageError with file, line and column
 */
export function parseScenario(
  text: string,
  file: string,
  folder: string,
  declaredGuests: readonly string[],
): Scenario {
  const document = CheckedDocument.parse(text, file, scenarioSchema);
  const { matrix, timeout, name, description = '', warmup, seed } = document.value;
  const sampling = toSampling(document);
  checkTenants(document);
  const blocks = matrix.map((entry, index) => {
    checkGuests(document, entry, index, declaredGuests);
    checkCompany(document, entry, index);
    const tenant = list(entry.tenant).map((tenantName) => toTenant(tenantName, document.value));
    return { ...toBlock(entry, document.at(['matrix', index]), folder), tenant };
  });
  const nameAt = document.at(['name']);
  const pin = { qemu: toPinned('qemu', document), harness: toPinned('harness', document) };
  const common = { file, text, name, nameAt, description, warmup, seed, sampling, pin };
  const { memoryReserve: memoryReserveMiB } = document.value;
  return { ...common, timeoutMs: timeout, memoryReserveMiB, blocks };
}

const usualRuns = 30;

function toSampling(document: CheckedDocument<ScenarioFile>): Sampling {
  const { runs, until } = document.value;
  if (until === undefined) return { kind: 'fixed', runs: runs ?? usualRuns };
  if (runs !== undefined) {
    throw document.error(['until'], '"until" takes the place of "runs", and both are given');
  }
  const { relative_ci: relativeCi, min, max, time: timeMs } = until;
  if (min > max) throw document.error(['until'], `"min" is ${min} and "max" only ${max}`);
  return { kind: 'until', relativeCi, min, max, timeMs };
}

function toPinned(
  who: 'qemu' | 'harness',
  document: CheckedDocument<ScenarioFile>,
): PinnedTo | undefined {
  const cpus = document.value.pin[who];
  return cpus === undefined ? undefined : { at: document.at(['pin', who]), cpus };
}

type MatrixEntry = ScenarioFile['matrix'][number];

function checkGuests(
  document: CheckedDocument<ScenarioFile>,
  entry: MatrixEntry,
  index: number,
  declared: readonly string[],
): void {
  list(entry.guest).forEach((guest, place) => {
    const unknown = namesOf(guest).find((name) => !declared.includes(name));
    if (unknown === undefined) return;
    const hint = didYouMean(unknown, declared);
    throw document.error(
      ['matrix', index, 'guest', place],
      `unknown guest "${unknown}"${hint}; known: ${declared.join(', ')}, or { kernel: PATH }`,
    );
  });
}

function toTenant(name: string, { tenants }: ScenarioFile): Tenant {
  if (name === noTenant.name) return noTenant;
  return { name, uid: tenants[name]?.uid ?? uidOfTenant(name) };
}

/** Two tenants of one user would have nothing between them. */
function checkTenants(document: CheckedDocument<ScenarioFile>): void {
  const { matrix, tenants } = document.value;
  const named = matrix
    .flatMap(({ tenant }) => list(tenant))
    .filter((name) => name !== noTenant.name);
  const unused = Object.keys(tenants).find((name) => !named.includes(name));
  if (unused !== undefined) {
    const hint = didYouMean(unused, named);
    throw document.error(['tenants', unused], `no cell is of tenant "${unused}"${hint}`);
  }
  const owners = new Map<number, string>();
  for (const name of named) {
    const { uid = 0 } = toTenant(name, document.value);
    const other = owners.get(uid) ?? name;
    if (other !== name) {
      const at = name in tenants ? name : other;
      const problem = `tenants "${other}" and "${name}" would both be user ${uid}: give each a uid of its own`;
      throw document.error(['tenants', at], problem);
    }
    owners.set(uid, name);
  }
}

/** Starts that meet others: what cannot be said of them. */
function checkCompany(
  document: CheckedDocument<ScenarioFile>,
  entry: MatrixEntry,
  index: number,
): void {
  const bursts = list(entry.concurrency).some((count) => count > 1);
  const kept = list(entry.alive).some((count) => count > 0);
  if (bursts && kept) {
    throw document.error(
      ['matrix', index, 'alive'],
      'VMs that are kept alive are started one after another: "concurrency" must be 1 beside "alive"',
    );
  }
  if ((bursts || kept) && document.value.until !== undefined) {
    throw document.error(
      ['until'],
      '"until" needs starts that do not disturb one another: give "runs" beside "concurrency" or "alive"',
    );
  }
}

function toBlock(entry: MatrixEntry, at: string, folder: string): Omit<Block, 'tenant'> {
  return {
    at,
    tier: list(entry.tier),
    guest: list(entry.guest).map((guest) => toGuest(guest, folder)),
    accel: list(entry.accel),
    memoryMiB: list(entry.memory),
    vcpus: list(entry.vcpus),
    machine: list(entry.machine),
    firmware: list(entry.firmware).map((firmware) => pathOrName(firmware, folder)),
    cpu: list(entry.cpu),
    qemu: list(entry.qemu).map((qemu) => pathOrName(qemu, folder)),
    kernelArguments: list(entry.kernelArguments),
    backing: list(entry.backing),
    workingSetMiB: list(entry.workingSet),
    pageCache: list(entry.pageCache),
    identity: list(entry.identity),
    observeMs: list(entry.observe),
    thp: list(entry.thp),
    concurrency: list(entry.concurrency),
    alive: list(entry.alive),
  };
}

type GuestEntry = Exclude<MatrixEntry['guest'], readonly unknown[]>;

/** The declared guests that an entry names. */
function namesOf(guest: GuestEntry): readonly string[] {
  if (typeof guest === 'string') return [guest];
  return 'firstOf' in guest ? guest.firstOf : [];
}

function toGuest(guest: GuestEntry, folder: string): GuestReference | GuestChoice {
  if (typeof guest === 'string') return { kind: 'declared', name: guest };
  if ('firstOf' in guest) return { kind: 'firstOf', names: guest.firstOf };
  return byPath(guest, folder);
}

function byPath(guest: GuestByPath, folder: string): GuestReference {
  const { kernel, initramfs, commandLine, needsNativeKvm, disk, ready } = guest;
  const named = initramfs === 'default' || initramfs === 'none';
  return {
    kind: 'path',
    name: guest.name ?? basename(kernel).toLowerCase(),
    kernel: resolve(folder, kernel),
    initramfs: named ? initramfs : resolve(folder, initramfs),
    commandLine,
    needsNativeKvm,
    disk: disk === undefined ? undefined : { ...disk, path: resolve(folder, disk.path) },
    ready,
  };
}

/** A word without a slash is a name to look up; anything else is a path relative to the file. */
export function pathOrName(word: string, folder: string): string {
  return word.includes('/') && !isAbsolute(word) ? resolve(folder, word) : word;
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
