/**
 * A density step: VMs brought up one after another and kept alive, idle after `work`; then looked at
 * all together, and ended. What stops it early (a start that fails, no room) is part of its result.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf } from '../errors.js';
import { alone, Barrier, type Company } from './company.js';
import { killedForMemory, memAvailableKiB } from './room.js';
import type { Outcome, Usage } from './sample.js';
import type { CgroupMemory, StepCgroup } from './step-cgroup.js';
import { readUsage } from './usage.js';

/** What the VMs of one step cost the host, beside what each says of itself. */
export interface DensityStep {
  readonly kind: 'density';
  readonly asked: number;
  /** That were alive when all were looked at. */
  readonly alive: number;
  /** Why it were no more; empty where all that were asked for were alive. */
  readonly endedBecause: string;
  /** MemAvailable before the first VM, with all alive, and when all had ended. */
  readonly availableKiB: readonly (number | undefined)[];
  /** What the step's cgroup was charged more with all alive than before. */
  readonly cgroup: CgroupMemory | { readonly because: string };
  /** The base point, while all were alive: what clones share with it is divided with it too. */
  readonly base: Partial<Usage>;
  /** How much the harness itself grew, for it is in MemAvailable too. */
  readonly harnessKiB: number | undefined;
}

/** A step as it is recorded. */
export type DensitySample = DensityStep & { readonly round: number };

/** What a step needs of its surroundings. */
export interface DensityHost {
  /** Undefined where there is room for one more VM. */
  readonly lacking: () => string | undefined;
  /** @throws Error with why there is none */
  readonly cgroup: () => StepCgroup;
  readonly basePid: number | undefined;
  readonly harnessPid: number;
}

export interface DensityResult {
  readonly outcomes: readonly Outcome[];
  readonly step: DensityStep;
}

/** QEMU's RCU thread frees what the start-up left behind 10 to 50 ms later; the kernel defers, too. */
const settleStepMs = 250;
const settledWithinKiB = 1024;
const settleSteps = 8;

/**
 * @param start of one VM; settles when it has ended, or rejects at an interrupt
 * @param asked how many to keep alive
 */
export async function densityStep(
  asked: number,
  start: (company: Company) => Promise<Outcome>,
  host: DensityHost,
): Promise<DensityResult> {
  await using cgroup = openCgroup(host);
  const vms = new KeptAlive(start);
  await settle();
  const before = await look(host, cgroup);
  try {
    const killed = killedForMemory();
    const endedBecause = await vms.bringUp(asked, host.lacking);
    await settle();
    const full = await look(host, cgroup);
    const base = host.basePid === undefined ? {} : await readUsage(host.basePid);
    const alive = vms.resting;
    const outcomes = await vms.end();
    const after = await look(host, cgroup);
    const step = {
      ...{ kind: 'density' as const, asked, alive, base },
      endedBecause: withKills(endedBecause ?? lost(outcomes), killedForMemory() - killed),
      availableKiB: [before, full, after].map(({ availableKiB }) => availableKiB),
      cgroup: cgroupGrowth(before, full, cgroup),
      harnessKiB: difference(before.harnessKiB, full.harnessKiB),
    };
    return { outcomes, step };
  } finally {
    await vms.abandon();
  }
}

/** Waits until the host's memory stands still, but not for ever: others use it, too. */
async function settle(): Promise<void> {
  let before = memAvailableKiB() ?? 0;
  for (let step = 0; step < settleSteps; step++) {
    await sleep(settleStepMs);
    const now = memAvailableKiB() ?? 0;
    if (step > 0 && Math.abs(now - before) < settledWithinKiB) return;
    before = now;
  }
}

/** A VM that ended while the others were brought up: out of memory, say. */
function lost(outcomes: readonly Outcome[]): string | undefined {
  const failed = outcomes.find(({ state }) => state === 'failed');
  return failed?.state === 'failed' ? failed.failure : undefined;
}

/** A VM that the kernel killed says only that it was killed. */
function withKills(endedBecause: string | undefined, kills: number): string {
  if (endedBecause === undefined || kills === 0) return endedBecause ?? '';
  const what = kills === 1 ? 'a process' : `${kills} processes`;
  return `${endedBecause}; the kernel killed ${what} for want of memory meanwhile`;
}

type OpenCgroup = (StepCgroup | { readonly because: string }) & AsyncDisposable;

function openCgroup({ cgroup }: DensityHost): OpenCgroup {
  try {
    return cgroup();
  } catch (error) {
    return { because: messageOf(error), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

interface Look {
  readonly availableKiB: number | undefined;
  readonly cgroup: CgroupMemory | undefined;
  readonly harnessKiB: number | undefined;
}

async function look({ harnessPid }: DensityHost, cgroup: OpenCgroup): Promise<Look> {
  const { privateDirtyKiB } = await readUsage(harnessPid);
  return {
    availableKiB: memAvailableKiB(),
    cgroup: 'because' in cgroup ? undefined : cgroup.memory(),
    harnessKiB: privateDirtyKiB,
  };
}

function cgroupGrowth(before: Look, full: Look, cgroup: OpenCgroup): DensityStep['cgroup'] {
  if ('because' in cgroup) return { because: cgroup.because };
  const grown = (name: keyof CgroupMemory) =>
    (full.cgroup?.[name] ?? 0) - (before.cgroup?.[name] ?? 0);
  return { kernelKiB: grown('kernelKiB'), chargedKiB: grown('chargedKiB') };
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** The VMs of a step. Each comes to rest before the next one is started. */
class KeptAlive {
  /** Of the VMs and us: what they wait for opens when we arrive too. */
  readonly #barrier = new Barrier(1);
  readonly #outcomes: Promise<Outcome>[] = [];
  #failed: string | undefined;
  #left = false;
  resting = 0;

  constructor(private readonly start: (company: Company) => Promise<Outcome>) {}

  /** Why it were fewer than asked for. */
  async bringUp(asked: number, lacking: () => string | undefined): Promise<string | undefined> {
    while (this.#outcomes.length < asked) {
      const reason = this.#failed ?? lacking();
      if (reason !== undefined) return reason;
      await this.#bringUpOne();
    }
    return this.#failed;
  }

  async #bringUpOne(): Promise<void> {
    this.#barrier.join();
    let atRest!: () => void;
    const rested = new Promise<void>((resolve) => (atRest = resolve));
    let isResting = false;
    const outcome = this.start({
      begin: (act) => alone.begin(act),
      rest: () => {
        isResting = true;
        this.resting += 1;
        atRest();
        return this.#barrier.arrive();
      },
      lookedAt: () => this.#barrier.arrive(),
      leave: () => {
        this.#barrier.leave();
      },
      isLookedAt: true,
    });
    this.#outcomes.push(outcome);
    outcome
      .then((ended) => {
        if (ended.state === 'ok') return;
        this.#failed ??= ended.failure;
        if (isResting) this.resting -= 1;
      })
      .catch(() => undefined);
    await Promise.race([rested, outcome]);
  }

  /** Lets all be looked at, and then end. */
  async end(): Promise<readonly Outcome[]> {
    await this.#barrier.arrive();
    await this.#barrier.arrive();
    this.#leave();
    return Promise.all(this.#outcomes);
  }

  /** After an interrupt: waits until all are gone. */
  async abandon(): Promise<void> {
    this.#leave();
    await Promise.allSettled(this.#outcomes);
  }

  #leave(): void {
    if (!this.#left) this.#barrier.leave();
    this.#left = true;
  }
}
