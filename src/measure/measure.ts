/**
 * Fourth stage: the only loop. One start after another in the plan's order; each sample is handed on
 * before the next start.
 */
import { openSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { Plan, PlannedStart, Cell } from '../plan/cell.js';
import type { Artifacts, CellArtifacts } from '../prepare/prepare.js';
import type { Template } from '../prepare/template.js';
import { CloneSeat } from '../qemu/clone.js';
import { qemuArguments } from '../qemu/command.js';
import { Machine, type Launch } from '../qemu/machine.js';
import type { MarkListener } from '../qemu/mark-stream.js';
import { tiers } from '../tiers.js';
import { floorOnce } from './floor.js';
import { PageCache } from './page-cache.js';
import { sequences } from './sequences.js';
import { StartFailure, startOnce, type StartSpec } from './start.js';
import type { Outcome, Sample } from './sample.js';
import { Stopping } from './stopping.js';

/** Where samples go, one by one, before the next start. */
export interface SampleSink {
  take(sample: Sample, cell: Cell): void;
}

export type StartFunction = (cell: Cell, signal: AbortSignal) => Promise<Outcome>;

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
  for (const planned of plan.starts) {
    if (!stopping.wants(planned)) continue;
    const cell = cells.get(planned.cell);
    if (cell === undefined) throw new Error(`the plan starts an unknown cell: ${planned.cell}`);
    const outcome = await startCell(cell, signal);
    sink.take(toSample(planned, outcome), cell);
    stopping.saw({ ...planned, readyMs: readyOf(outcome) });
  }
}

function readyOf(outcome: Outcome): number | undefined {
  return outcome.state === 'ok' ? outcome.marks.ready : undefined;
}

function toSample(planned: PlannedStart, outcome: Outcome): Sample {
  const { cell, round, order, phase } = planned;
  return { ...outcome, cell, round, order, phase };
}

/** Starts cells on real QEMU. */
export function realStarts(artifacts: Artifacts, context: Context): StartFunction {
  const pageCache = new PageCache();
  return (cell, signal) => {
    const found = artifacts.cells.get(cell.id);
    if (found === undefined) throw new Error(`nothing was prepared for ${cell.id}`);
    if (cell.tier === 'floor') return floorOnce(found.floor, cell.timeoutMs, signal);
    return startOnce(startSpec(cell, found, pageCache, context), sequences[cell.tier], signal);
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
    proof:
      template === undefined ? { nonce: 0n, counter: 1 } : { nonce: template.nonce, counter: 2 },
    prepare: async () => {
      if (template !== undefined) refuseDamaged(template);
      await pageCache.make(cell.pageCache, filesOf(artifacts));
      return tiers[cell.tier].begins === 'clone'
        ? await clone(cell, artifacts)
        : (listener) => Machine.spawn(() => launch(cell, artifacts, context), listener);
    },
  };
}

async function clone(cell: Cell, { basePoint }: CellArtifacts) {
  if (basePoint === undefined) throw new Error(`no base point was prepared for ${cell.id}`);
  const seat = await CloneSeat.prepare(await basePoint.current(), cell.tier === 'fork');
  return (listener: MarkListener) => seat.begin(listener);
}

/** What QEMU reads from disk; the template's RAM is in memory by its nature. */
function filesOf({ qemu, firmware, spec, template }: CellArtifacts): readonly string[] {
  const files = [qemu.binary, firmware.path, spec.kernel, spec.initramfs, template?.statePath];
  return files.filter((file) => file !== undefined);
}

/** Opening the template's state is part of the start. */
function launch(cell: Cell, { qemu, spec, template }: CellArtifacts, context: Context): Launch {
  const state = template === undefined ? [] : [openSync(template.statePath, 'r')];
  return {
    launcher: join(context.home, 'dist/native/basepoint-launch'),
    parentPid: context.pid,
    env: { PATH: context.env['PATH'] },
    binary: qemu.binary,
    args: qemuArguments(spec, cell.tier === 'cold' ? 'cold' : 'restore'),
    files: template === undefined ? [] : [template.ram.fd, ...state],
    ownFiles: state,
    control: false,
  };
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
