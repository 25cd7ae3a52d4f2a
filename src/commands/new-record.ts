/** run.json of a run, as the stages before measuring know it. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

import type { ContainerMaker } from '../container/maker.js';
import type { Context } from '../context.js';
import { hostFingerprint } from '../host/facts.js';
import { processIdentity } from '../owner.js';
import { hostWarnings } from '../host/show.js';
import type { Cell, Plan, PlanOptions } from '../plan/cell.js';
import type { Artifacts } from '../prepare/prepare.js';
import type { RecordedCell, RecordedTemplate, RunRecord } from '../results/record.js';
import { varyText } from '../parse/vary.js';
import type { PreparedPlan } from './prepared-plan.js';

/** The record of a run that begins now. */
export function newRecord(
  runId: string,
  prepared: PreparedPlan,
  artifacts: Artifacts,
  options: PlanOptions,
  context: Context,
): RunRecord {
  const { plan } = prepared;
  const files = prepared.scenarios.map(({ file }) => file);
  return {
    format: 1,
    runId,
    state: 'running',
    process: processIdentity(context.pid),
    startedAt: new Date().toISOString(),
    finishedAt: undefined,
    command: commandOf(files, plan, options),
    options: { ...options, seed: plan.seed },
    plannedStarts: plan.starts.length,
    skipped: plan.skipped,
    settled: plan.settled,
    ...present(prepared, context),
    cells: plan.cells.map((cell) => recordCell(cell, artifacts)),
    templates: recordTemplates(artifacts),
  };
}

/** What is known of a run before anything is prepared for it. */
export function present({ scenarios, plan, surveyed }: PreparedPlan, context: Context) {
  const { facts, host, qemus, runtimes } = surveyed;
  return {
    basepoint: context.version,
    node: context.nodeVersion,
    seed: plan.seed,
    harnessCpus: plan.harnessCpus,
    scenarios: scenarios.map(({ file, text }) => ({ file, text })),
    cells: plan.cells,
    host: {
      fingerprint: hostFingerprint(facts),
      kvm: host.kvm,
      facts,
      warnings: hostWarnings(facts),
    },
    qemus: qemus.flatMap((found) => (found.state === 'usable' ? [found.qemu] : [])),
    runtimes: runtimes.flatMap((found) => (found.state === 'usable' ? [found.runtime] : [])),
  };
}

function recordCell(cell: Cell, artifacts: Artifacts): RecordedCell {
  const maker = artifacts.containers.get(cell.id);
  if (maker !== undefined) return { ...cell, ...containerFields(maker) };
  const made = artifacts.cells.get(cell.id);
  const failed = artifacts.failed.get(cell.id);
  const machine = made ?? failed?.machine;
  return {
    ...cell,
    ...(failed === undefined ? {} : { failure: failed.failure }),
    guestVersion: machine?.guest.version,
    kernelSha256: machine?.guest.kernelSha256,
    initramfsSha256: machine?.guest.initramfsSha256,
    diskSha256: machine?.guest.disk?.sha256,
    commandLine: machine?.spec.commandLine,
    firmwareKind: machine?.firmware.kind,
    firmwareSha256: machine?.firmware.sha256,
    templateKey: made?.template?.key,
    stateBytes: made?.template?.stateBytes,
    hugeCodeBytes: made?.basePoint?.hugeCodeBytes,
  };
}

/** PID 1 is all that a container has of a guest. */
function containerFields({ program }: ContainerMaker): Omit<RecordedCell, keyof Cell> {
  return {
    ...{ guestVersion: program.sha256.slice(0, 12), kernelSha256: '', commandLine: '' },
    initramfsSha256: program.sha256,
    ...{ firmwareKind: 'none', firmwareSha256: '', templateKey: undefined, stateBytes: undefined },
  };
}

function recordTemplates({ cells }: Artifacts): readonly RecordedTemplate[] {
  const found = new Map<string, RecordedTemplate>();
  for (const [cell, { template }] of cells) {
    if (template === undefined) continue;
    const { key, tenant, madeMs, ramBytes, stateBytes, ram, statePath } = template;
    const { uid, mode } = statSync(dirname(statePath));
    // Of cells with one template the first finds it made or makes it; the others find it made.
    const first = found.get(key);
    found.set(key, {
      ...{ key, tenant, cells: [...(first?.cells ?? []), cell], madeMs, ramBytes, stateBytes },
      reused: first?.reused ?? template.reused,
      residentBytes: ram.residentBytes,
      owner: { uid, mode: (mode & 0o777).toString(8).padStart(4, '0') },
    });
  }
  return [...found.values()];
}

/** The command that repeats the run, its seed spelled out. */
function commandOf(files: readonly string[], plan: Plan, options: PlanOptions): readonly string[] {
  return [
    ...['basepoint', 'run', ...files],
    ...(options.runs === undefined ? [] : ['--runs', String(options.runs)]),
    ...(options.only === undefined ? [] : ['--only', options.only.join(',')]),
    ...(options.accel === undefined ? [] : ['--accel', options.accel]),
    ...(options.qemu ?? []).flatMap((qemu) => ['--qemu', qemu]),
    ...(options.vary === undefined ? [] : ['--vary', varyText(options.vary)]),
    ...(options.sides === undefined ? [] : ['--sides', options.sides.join(',')]),
    ...['--seed', String(plan.seed)],
  ];
}
