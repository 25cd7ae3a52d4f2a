/** run.json of a run, as the stages before measuring know it. */
import type { ContainerMaker } from '../container/maker.js';
import type { Context } from '../context.js';
import { hostFingerprint } from '../host/facts.js';
import { processIdentity } from '../owner.js';
import { hostWarnings } from '../host/show.js';
import type { Cell, Plan, PlanOptions } from '../plan/cell.js';
import type { Artifacts } from '../prepare/prepare.js';
import type { RecordedCell, RunRecord } from '../results/record.js';
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
    commandLine: machine?.spec.commandLine,
    firmwareKind: machine?.firmware.kind,
    firmwareSha256: machine?.firmware.sha256,
    templateKey: made?.template?.key,
    stateBytes: made?.template?.stateBytes,
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

/** The command that repeats the run, its seed spelled out. */
function commandOf(files: readonly string[], plan: Plan, options: PlanOptions): readonly string[] {
  return [
    ...['basepoint', 'run', ...files],
    ...(options.runs === undefined ? [] : ['--runs', String(options.runs)]),
    ...(options.only === undefined ? [] : ['--only', options.only.join(',')]),
    ...(options.accel === undefined ? [] : ['--accel', options.accel]),
    ...(options.qemu ?? []).flatMap((qemu) => ['--qemu', qemu]),
    ...['--seed', String(plan.seed)],
  ];
}
