/** First stage: a scenario file, checked, every value in its unit, every knob a list. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import { messageOf, UsageError } from '../errors.js';
import type { ConsoleReady } from '../ends.js';
import type { IdentityName } from '../identity.js';
import { measuredNames, placeholdersOf } from '../measured-arguments.js';
import { noTenant, uidOfTenant, type Tenant } from '../tenants.js';
import type { PackingName } from '../packings.js';
import type { TierName } from '../tiers.js';
import type { TraceName } from '../boot-stages.js';
import { CheckedDocument } from './document.js';
import { list } from './list.js';
import { didYouMean } from './message.js';
import { pathOrName } from './path-or-name.js';
import { scenarioSchema, type GuestByPath, type ScenarioFile } from './schema.js';
import { checkCompany, checkRate, toLoad } from './together.js';
import { variedEntry } from './varied-entry.js';
import { complaintsOf, type Complaints, type Varied } from './vary.js';

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
      readonly frames: 'short' | 'long';
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

/** How VMs are asked for in one step of a cell that has a rate. */
export interface Load {
  readonly timeMs: number;
  readonly arrivals: 'poisson' | 'even';
  /** Ascending. */
  readonly p95LimitsMs: readonly number[];
  readonly aliveLimit: number;
}

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
  readonly rate: readonly number[];
  readonly image: readonly ImageName[];
  readonly initramfsPacking: readonly PackingName[];
  readonly initramfsFillMiB: readonly number[];
  readonly trace: readonly TraceName[];
}

/** Which of a kernel's images is started. */
export type ImageName = 'vmlinux' | 'bzImage';

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
  /** Starts of each cell that is traced. */
  readonly tracedRuns: number;
  readonly timeoutMs: number;
  readonly memoryReserveMiB: number;
  readonly load: Load;
  readonly seed: number;
  readonly pin: { readonly qemu: PinnedTo | undefined; readonly harness: PinnedTo | undefined };
  readonly blocks: readonly Block[];
}

/**
 * @param vary a knob whose values are not those of the file
 * @throws UsageError with file, line and column
 */
export async function readScenario(
  file: string,
  cwd: string,
  declaredGuests: readonly string[],
  vary?: Varied,
): Promise<Scenario> {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseScenario(text, file, dirname(path), declaredGuests, vary);
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
  vary?: Varied,
): Scenario {
  const document = CheckedDocument.parse(text, file, scenarioSchema);
  const { timeout, name, description = '', warmup, seed } = document.value;
  const sampling = toSampling(document);
  checkUnused(document);
  checkMatrix(document.value, document, declaredGuests);
  const varied = withKnob(document.value, vary);
  if (vary !== undefined) checkMatrix(varied, complaintsOf(vary), declaredGuests);
  const blocks = varied.matrix.map((entry, index) => {
    const tenant = list(entry.tenant).map((tenantName) => toTenant(tenantName, varied));
    return { ...toBlock(entry, document.at(['matrix', index]), folder), tenant };
  });
  const nameAt = document.at(['name']);
  const pin = { qemu: toPinned('qemu', document), harness: toPinned('harness', document) };
  const common = { file, text, name, nameAt, description, warmup, seed, sampling, pin };
  const { memoryReserve: memoryReserveMiB, tracedRuns } = document.value;
  return {
    ...common,
    tracedRuns,
    timeoutMs: timeout,
    memoryReserveMiB,
    load: toLoad(document.value, document),
    blocks,
  };
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

function withKnob(value: ScenarioFile, vary: Varied | undefined): ScenarioFile {
  if (vary === undefined) return value;
  return { ...value, matrix: value.matrix.map((entry) => variedEntry(entry, vary)) };
}

/** What the schema cannot say of a matrix. */
function checkMatrix(
  value: ScenarioFile,
  complaints: Complaints,
  declaredGuests: readonly string[],
): void {
  checkTenants(value, complaints);
  value.matrix.forEach((entry, index) => {
    checkGuests(complaints, entry, index, declaredGuests);
    checkCompany(value, complaints, entry, index);
    checkRate(value, complaints, entry, index);
    checkKernelArguments(complaints, entry, index);
  });
}

function checkGuests(
  complaints: Complaints,
  entry: MatrixEntry,
  index: number,
  declared: readonly string[],
): void {
  list(entry.guest).forEach((guest, place) => {
    const unknown = namesOf(guest).find((name) => !declared.includes(name));
    if (unknown === undefined) return;
    const hint = didYouMean(unknown, declared);
    throw complaints.error(
      ['matrix', index, 'guest', place],
      `unknown guest "${unknown}"${hint}; known: ${declared.join(', ')}, or { kernel: PATH }`,
    );
  });
}

function toTenant(name: string, { tenants }: ScenarioFile): Tenant {
  if (name === noTenant.name) return noTenant;
  return { name, uid: tenants[name]?.uid ?? uidOfTenant(name) };
}

function namedTenants({ matrix }: ScenarioFile): readonly string[] {
  const all = matrix.flatMap(({ tenant }) => list(tenant));
  return all.filter((name) => name !== noTenant.name);
}

function checkUnused(document: CheckedDocument<ScenarioFile>): void {
  const { tenants } = document.value;
  const named = namedTenants(document.value);
  const unused = Object.keys(tenants).find((name) => !named.includes(name));
  if (unused !== undefined) {
    const hint = didYouMean(unused, named);
    throw document.error(['tenants', unused], `no cell is of tenant "${unused}"${hint}`);
  }
}

/** Two tenants of one user would have nothing between them. */
function checkTenants(value: ScenarioFile, complaints: Complaints): void {
  const { tenants } = value;
  const owners = new Map<number, string>();
  for (const name of namedTenants(value)) {
    const { uid = 0 } = toTenant(name, value);
    const other = owners.get(uid) ?? name;
    if (other !== name) {
      const at = name in tenants ? name : other;
      const problem = `tenants "${other}" and "${name}" would both be user ${uid}: give each a uid of its own`;
      throw complaints.error(['tenants', at], problem);
    }
    owners.set(uid, name);
  }
}

/** What stands in braces is measured, and only some things are. */
function checkKernelArguments(complaints: Complaints, entry: MatrixEntry, index: number): void {
  list(entry.kernelArguments).forEach((text, place) => {
    const known: readonly string[] = measuredNames;
    const unknown = placeholdersOf(text).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const all = known.map((name) => `{${name}}`).join(', ');
    throw complaints.error(
      ['matrix', index, 'kernelArguments', place],
      `unknown measured value "{${unknown}}"${didYouMean(unknown, known)}; known: ${all}`,
    );
  });
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
    rate: list(entry.rate),
    image: list(entry.image),
    initramfsPacking: list(entry.initramfsPacking),
    initramfsFillMiB: list(entry.initramfsFill),
    trace: list(entry.trace),
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
  const { kernel, initramfs, commandLine, frames, needsNativeKvm, disk, ready } = guest;
  const named = initramfs === 'default' || initramfs === 'none';
  return {
    kind: 'path',
    name: guest.name ?? basename(kernel).toLowerCase(),
    kernel: resolve(folder, kernel),
    initramfs: named ? initramfs : resolve(folder, initramfs),
    commandLine,
    frames,
    needsNativeKvm,
    disk: disk === undefined ? undefined : { ...disk, path: resolve(folder, disk.path) },
    ready,
  };
}
