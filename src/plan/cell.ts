/** What a plan is made of. After planning no field is optional and no default is left to fill in. */
import type { FoundRuntime } from '../container/runtime.js';
import type { EndName } from '../ends.js';
import type { ResolvedFirmware } from '../host/firmware.js';
import type { KvmSpeed } from '../host/kvm-speed.js';
import type { InspectedQemu } from '../host/qemu.js';
import type { IdentityName } from '../identity.js';
import type { TraceName } from '../boot-stages.js';
import type { PackingName } from '../packings.js';
import type { GuestReference, ImageName, Load, Sampling } from '../parse/scenario.js';
import type { Varied } from '../parse/vary.js';
import type { Tenant } from '../tenants.js';
import type { TierName } from '../tiers.js';
import type { Two } from '../twins.js';

/** What the plan needs to know of the host. */
export interface PlanHost {
  /** By the name or path that the scenario uses. */
  readonly qemus: ReadonlyMap<string, InspectedQemu>;
  /** By {@link firmwareKey}. */
  readonly firmware: ReadonlyMap<string, ResolvedFirmware>;
  readonly kvm: KvmSpeed;
  /** Of the container tiers that the scenarios name. */
  readonly runtimes: ReadonlyMap<TierName, FoundRuntime>;
  /** Free huge pages of the default size, in MiB of memory. */
  readonly freeHugepagesMiB: number;
  /** CPUs that are online and that this process may use. */
  readonly allowedCpus: readonly number[];
  /** Declared guests whose kernel is only built on demand, and has not been. */
  readonly notBuilt: ReadonlySet<string>;
  /** Ways to pack an initramfs that declared guests know, as far as their kernels are at hand. */
  readonly packings: ReadonlyMap<string, readonly PackingName[]>;
  /** Undefined where the host does not tell. */
  readonly memoryAvailableMiB: number | undefined;
  /** Descriptors that this process may have; undefined where there is no limit. */
  readonly maxOpenFiles: number | undefined;
}

export function firmwareKey(qemu: string, machine: string, firmware: string): string {
  return JSON.stringify([qemu, machine, firmware]);
}

/** What the command line overrides; an undefined field leaves the scenario's value. */
export interface PlanOptions {
  readonly runs?: number | undefined;
  readonly seed?: number | undefined;
  readonly only?: readonly TierName[] | undefined;
  readonly accel?: 'kvm' | 'tcg' | 'auto' | undefined;
  readonly qemu?: readonly string[] | undefined;
  /** A knob that takes these two values in place of the scenario's: base and candidate. */
  readonly vary?: Varied | undefined;
  /** Parts of the cells' ids that tell base and candidate apart. */
  readonly sides?: Two<string> | undefined;
}

/** One point of the matrix, every field filled. Samples of a cell are comparable. */
export interface Cell {
  /** `tier/guest/accel/memory`, and whatever else the scenario varies. */
  readonly id: string;
  readonly scenario: string;
  readonly tier: TierName;
  readonly guest: GuestReference;
  /** `none`: a container, which runs on the host's kernel. */
  readonly accel: 'kvm' | 'tcg' | 'none';
  readonly qemu: string;
  /** Of QEMU, or of the container's runtime with its name. */
  readonly qemuVersion: string;
  readonly machine: string;
  /** As the scenario names it. */
  readonly firmware: string;
  /** CPU model as QEMU takes it. */
  readonly cpu: string;
  readonly memoryMiB: number;
  /** 0: a container, which has none of its own. */
  readonly vcpus: number;
  readonly kernelArguments: string;
  readonly backing: string;
  readonly workingSetMiB: number;
  /** `cold`: what a start reads from disk is evicted before it. */
  readonly pageCache: 'warm' | 'cold';
  /** What makes clones of one template differ. */
  readonly identity: IdentityName;
  /** How long a guest tells what makes it itself, after ready; 0: not at all. */
  readonly observeMs: number;
  /** What `ready` is of this guest. */
  readonly ends: EndName;
  /** Transparent huge pages of QEMU: as the host has them, or none. */
  readonly thp: 'host' | 'never';
  /** Whose templates and base points it starts from. */
  readonly tenant: Tenant;
  /** To which QEMU is kept, as a list such as `0-3,8`; empty for any. */
  readonly qemuCpus: string;
  /** Starts asked for at the same instant. */
  readonly concurrency: number;
  /** VMs kept alive and measured together; 0: each ends before the next one starts. */
  readonly alive: number;
  /** Starts asked for in a second; 0: the next one waits for the one before. */
  readonly rate: number;
  /** Where there is a rate. */
  readonly load: Load;
  readonly image: ImageName;
  readonly initramfsPacking: PackingName;
  /** How much of the kernel's own image the initramfs carries. */
  readonly initramfsFillMiB: number;
  /** A cell that is traced tells the stages of its boots, and is in no other figure. */
  readonly trace: TraceName;
  readonly memoryReserveMiB: number;
  /** Measured starts at most; with `until`, measuring may end before. */
  readonly runs: number;
  readonly sampling: Sampling;
  readonly warmup: number;
  readonly timeoutMs: number;
}

export interface SkippedCell {
  readonly cell: Cell;
  /** Completes "skipped, because ...". */
  readonly because: string;
  /** The user named KVM, rather than leaving it to `auto`. */
  readonly asked: boolean;
}

/** How `firstOf` was settled. */
export interface SettledGuest {
  readonly names: readonly string[];
  readonly chosen: string;
  /** Completes "CHOSEN, because ...". */
  readonly because: string;
}

export interface PlannedStart {
  readonly cell: string;
  readonly phase: 'warmup' | 'measure';
  /** From 1 within its phase; a round has each of its cells once. */
  readonly round: number;
  /** From 1 among the starts of its cell in that round: of a burst, of VMs kept alive, of a rate's step. */
  readonly member: number;
  /** At a rate: when it is asked for, in ms from the beginning of its step; else 0. */
  readonly dueMs: number;
  /** The place in the whole run, from 1. */
  readonly order: number;
}

export interface Plan {
  readonly seed: number;
  /** To which the harness is kept while it measures; empty for any. */
  readonly harnessCpus: string;
  readonly cells: readonly Cell[];
  readonly skipped: readonly SkippedCell[];
  readonly settled: readonly SettledGuest[];
  readonly starts: readonly PlannedStart[];
}

/** The starts of one round of one cell, in the plan's order. */
export function groupsOf(starts: readonly PlannedStart[]): readonly (readonly PlannedStart[])[] {
  const groups: PlannedStart[][] = [];
  let last: PlannedStart | undefined;
  for (const start of starts) {
    if (last !== undefined && belongTogether(last, start)) groups.at(-1)?.push(start);
    else groups.push([start]);
    last = start;
  }
  return groups;
}

type Belonging = Pick<PlannedStart, 'cell' | 'phase' | 'round'>;

function belongTogether(a: Belonging, b: Belonging): boolean {
  return a.cell === b.cell && a.phase === b.phase && a.round === b.round;
}
