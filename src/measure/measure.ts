/**
 * Fourth stage: the only loop. One start after another in the plan's order, or one round of starts that
 * belong together; samples are handed on before what follows.
 */
import { setMaxListeners } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ContainerMaker } from '../container/maker.js';
import type { Context } from '../context.js';
import { InterruptedError } from '../errors.js';
import { meetsOthers } from '../observations.js';
import { groupsOf, type Plan, type PlannedStart, type Cell } from '../plan/cell.js';
import type { Artifacts, CellArtifacts, FailedCell } from '../prepare/prepare.js';
import type { Template } from '../prepare/template.js';
import { CloneSeat } from '../qemu/clone.js';
import { qemuArguments } from '../qemu/command.js';
import { openOverlay } from '../qemu/overlay.js';
import { Machine, type Launch } from '../qemu/machine.js';
import { traceArguments } from '../qemu/trace.js';
import type { MarkListener } from '../qemu/mark-stream.js';
import { noTenant, refuseOtherTenant } from '../tenants.js';
import { isRuntime, tiers, type TierName } from '../tiers.js';
import { alone, burst, type Company } from './company.js';
import { densityStep, type DensityHost, type DensitySample, type DensityStep } from './density.js';
import { floorOnce } from './floor.js';
import { PageCache } from './page-cache.js';
import { rateStep, type RateHost, type RateSample, type RateStep } from './rate.js';
import { lacking, lackingMemory } from './room.js';
import { sequences, tracedSequence } from './sequences.js';
import { parseSystemMap, type Symbols } from './boot/symbols.js';
import { StartFailure, type Begin, type StartSpec, type TierSequence } from './start.js';
import { startOnce } from './start-once.js';
import type { Outcome, Sample } from './sample.js';
import { StepCgroup } from './step-cgroup.js';
import { Stopping } from './stopping.js';

/** Where samples go, before the next start. */
export interface SampleSink {
  /** @param step what there is to say of the samples as a whole */
  take(samples: readonly Sample[], cell: Cell, step?: StepSample): void;
}

/** VMs kept alive together, or asked for at a rate. */
export type StepSample = DensitySample | RateSample;

/** What became of the starts of one round of one cell. */
export interface RoundResult {
  readonly outcomes: readonly Outcome[];
  readonly step?: DensityStep | RateStep;
  /** At a rate: by how much each was asked for later than it was due. */
  readonly lateMs?: readonly number[];
  /** No start of this cell can succeed. */
  readonly hopeless?: boolean;
}

/** @param planned of one round of the cell */
export type StartFunction = (
  cell: Cell,
  planned: readonly PlannedStart[],
  signal: AbortSignal,
) => Promise<RoundResult>;

/**
 * Runs the plan, or as much of it as its sampling asks for.
 *
 * @param stopping knows what was measured before, where a run is continued
 * @throws InterruptedError when the signal fires; samples taken so far are in the sink
 */
export async function measure(
  plan: Plan,
  startCell: StartFunction,
  sink: SampleSink,
  signal: AbortSignal,
  stopping = new Stopping(plan.cells),
): Promise<void> {
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
  for (const planned of groupsOf(plan.starts)) {
    const [first] = planned;
    if (first === undefined || !stopping.wants(first)) continue;
    const cell = cells.get(first.cell);
    if (cell === undefined) throw new Error(`the plan starts an unknown cell: ${first.cell}`);
    const { outcomes, step, hopeless, lateMs = [] } = await startCell(cell, planned, signal);
    const samples = outcomes.map((outcome, index) =>
      toSample(planned[index] ?? first, outcome, lateMs[index]),
    );
    sink.take(samples, cell, ...(step === undefined ? [] : [{ ...step, round: first.round }]));
    if (hopeless === true) stopping.giveUp(cell.id);
    for (const sample of samples) stopping.saw({ ...sample, readyMs: readyOf(sample) });
  }
}

function readyOf(outcome: Outcome): number | undefined {
  return outcome.state === 'ok' ? outcome.marks.ready : undefined;
}

function toSample(planned: PlannedStart, outcome: Outcome, lateMs?: number): Sample {
  const { cell, round, order, phase, member, dueMs } = planned;
  const arrival = lateMs === undefined ? undefined : { dueMs, lateMs };
  return { ...outcome, cell, round, order, phase, member, arrival };
}

/** Starts cells on real QEMU. */
export function realStarts(artifacts: Artifacts, context: Context): StartFunction {
  const pageCache = new PageCache();
  // Every start that is under way listens for an interrupt.
  setMaxListeners(0, context.signal);
  const told = new Set<string>();
  return async (cell, planned, signal) => {
    if (signal.aborted) throw new InterruptedError();
    const failed = artifacts.failed.get(cell.id);
    if (failed !== undefined) {
      const outcomes = planned.map((): Outcome => notStarted(cell, failed, told));
      return { outcomes, hopeless: true };
    }
    const maker = artifacts.containers.get(cell.id);
    if (maker !== undefined && isRuntime(cell.tier)) {
      const outcome = await startOnce(containerSpec(cell, maker), sequences[cell.tier], signal);
      return { outcomes: [outcome] };
    }
    const found = artifacts.cells.get(cell.id);
    if (found === undefined) throw new Error(`nothing was prepared for ${cell.id}`);
    const { tier, alive } = cell;
    if (tier === 'floor') {
      return { outcomes: [await floorOnce(found.floor, cell.timeoutMs, signal)] };
    }
    if (cell.rate > 0 && planned[0]?.phase === 'measure') {
      const spec = () => startSpec(cell, found, pageCache, context);
      return rateStep(planned, rateHost(cell, sequences[tier], spec, signal, context), signal);
    }
    const sequence = cell.trace === 'none' ? sequences[tier] : tracedSequence;
    const start = (company: Company) =>
      startOnce(startSpec(cell, found, pageCache, context), sequence, signal, company);
    if (alive > 0 && planned[0]?.phase === 'measure') {
      return densityStep(planned.length, start, await densityHost(cell, found, context));
    }
    return { outcomes: await together(planned.length, tier, start) };
  };
}

/** A start that was not attempted, because nothing could be prepared for its cell. */
function notStarted({ id }: Cell, { failure, evidence }: FailedCell, told: Set<string>): Outcome {
  const first = evidence !== '' && !told.has(id);
  told.add(id);
  const elsewhere =
    'Nothing was started; what was said is in the log of the first start of the cell.';
  return { state: 'failed', failure, marks: {}, evidence: first ? evidence : elsewhere };
}

/** One start, or several that are asked for at the same instant. */
async function together(
  count: number,
  tier: TierName,
  start: (company: Company) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  if (count === 1) return [await start(alone)];
  const company = burst(count, tiers[tier].begins === 'clone' ? 'clone' : 'spawn');
  const started = Array.from({ length: count }, () => start(company));
  // An interrupt ends all of them; none is left behind.
  await Promise.allSettled(started);
  return Promise.all(started);
}

function rateHost(
  cell: Cell,
  sequence: TierSequence,
  spec: () => StartSpec,
  signal: AbortSignal,
  { home }: Context,
): RateHost {
  return {
    prepare: () => spec().prepare(),
    start: (begin, company) =>
      startOnce({ ...spec(), prepare: () => begin }, sequence, signal, company),
    lacking: () => lackingMemory(cell),
    aliveLimit: cell.load.aliveLimit,
    spawns: tiers[cell.tier].begins === 'spawn',
    pacemaker: join(home, 'dist/measure/pacemaker-thread.js'),
  };
}

/** Clones belong to the cgroup of their base point; a QEMU that is spawned, to ours. */
async function densityHost(
  cell: Cell,
  { basePoint }: CellArtifacts,
  { pid }: Context,
): Promise<DensityHost> {
  const basePid = await (await basePoint?.current(cell.tenant.name))?.pid;
  return {
    lacking: () => lacking(cell),
    cgroup: () => StepCgroup.create([basePid ?? pid], `basepoint-${pid}`),
    basePid,
    harnessPid: pid,
  };
}

/** There is no template and nothing to reseed; the counter says that PID 1 is a new one. */
function containerSpec(cell: Cell, maker: ContainerMaker): StartSpec {
  const { tier, qemuVersion, workingSetMiB, timeoutMs, memoryMiB } = cell;
  return {
    ...{ tier, qemuVersion, workingSetMiB, timeoutMs, identity: 'none', observeMs: 0, ramMiB: 0 },
    traced: undefined,
    proof: { nonce: 0n, counter: 1 },
    frames: 'long',
    prepare: () => maker.prepare(memoryMiB),
  };
}

function startSpec(
  cell: Cell,
  artifacts: CellArtifacts,
  pageCache: PageCache,
  context: Context,
): StartSpec {
  const { template } = artifacts;
  return {
    tier: cell.tier,
    qemuVersion: cell.qemuVersion,
    workingSetMiB: cell.workingSetMiB,
    timeoutMs: cell.timeoutMs,
    identity: cell.identity,
    observeMs: cell.observeMs,
    ramMiB: cell.tenant.name === noTenant.name ? 0 : cell.memoryMiB,
    traced: cell.trace === 'none' ? undefined : () => symbolsOf(artifacts),
    ready: artifacts.guest.ready,
    proof:
      template === undefined ? { nonce: 0n, counter: 1 } : { nonce: template.nonce, counter: 2 },
    frames: artifacts.spec.frames,
    prepare: async () => {
      if (template !== undefined) {
        refuseOtherTenant('the template', template.tenant, cell.tenant.name);
        refuseDamaged(template);
      }
      await pageCache.make(cell.pageCache, filesOf(artifacts));
      return tiers[cell.tier].begins === 'clone'
        ? await clone(cell, artifacts)
        : (listener, startNs) =>
            Machine.spawn(() => launch(cell, artifacts, context), listener, startNs);
    },
  };
}

async function symbolsOf({ guest }: CellArtifacts): Promise<Symbols> {
  return guest.systemMap === undefined
    ? new Map()
    : parseSystemMap(await readFile(guest.systemMap, 'utf8'));
}

async function clone(cell: Cell, { basePoint }: CellArtifacts): Promise<Begin> {
  if (basePoint === undefined) throw new Error(`no base point was prepared for ${cell.id}`);
  const seat = await CloneSeat.prepare(
    await basePoint.current(cell.tenant.name),
    cell.tier === 'fork',
  );
  const begin = (listener: MarkListener, startNs?: bigint) => seat.begin(listener, startNs);
  return Object.assign(begin, {
    discard: () => {
      seat.discard();
    },
  });
}

/** What QEMU reads from disk; the template's RAM is in memory by its nature. */
function filesOf({ qemu, firmware, spec, template }: CellArtifacts): readonly string[] {
  const disk = [spec.disk?.path, template?.overlayPath];
  const files = [qemu.binary, firmware.path, spec.kernel, spec.initramfs, template?.statePath];
  return [...files, ...disk].filter((file) => file !== undefined);
}

/** Opening the template's state is part of the start, and so is making the guest's own layer of its disk. */
function launch(cell: Cell, { qemu, spec, template }: CellArtifacts, context: Context): Launch {
  const layer = spec.disk?.mode === 'overlay' ? openOverlay(spec.disk.bytes) : undefined;
  const state = template === undefined ? undefined : openState(template.statePath, layer);
  return {
    launcher: join(context.home, 'dist/native/basepoint-launch'),
    parentPid: context.pid,
    env: { PATH: context.env['PATH'] },
    cpus: cell.qemuCpus,
    binary: qemu.binary,
    args: [
      ...qemuArguments(spec, cell.tier === 'cold' ? 'cold' : 'restore', template?.overlayPath),
      ...(cell.trace === 'none' ? [] : traceArguments),
    ],
    files: fromRam([template?.ram.fd, state, undefined, layer]),
    ownFiles: [state, layer].filter((fd) => fd !== undefined),
    control: false,
    noThp: cell.thp === 'never',
    // Many of them may be more than the host holds, which must not cost it the harness.
    diesFirst: meetsOthers(cell),
  };
}

/** @param layer closed where the state cannot be opened: nobody would have either */
function openState(path: string, layer: number | undefined): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (layer !== undefined) closeSync(layer);
    throw error;
  }
}

/** The descriptors from that of RAM on, as far as there are any. */
function fromRam(files: readonly (number | undefined)[]): readonly (number | undefined)[] {
  return files.slice(0, files.findLastIndex((fd) => fd !== undefined) + 1);
}

/** A restore from half a template would hang or, worse, boot: it is refused before it starts. */
function refuseDamaged(template: Template): void {
  const files = [
    ['RAM', template.ramPath, template.ramBytes],
    ['state', template.statePath, template.stateBytes],
  ] as const;
  for (const [what, path, bytes] of files) {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      throw new StartFailure(
        `the template's ${what} file is missing: ${path}; the next run rebuilds it`,
      );
    }
    if (size !== bytes) {
      throw new StartFailure(
        `the template's ${what} file has ${size} bytes, expected ${bytes}: ${path}; the next run rebuilds it`,
      );
    }
  }
}
