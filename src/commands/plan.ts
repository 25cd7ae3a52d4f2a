/** `basepoint plan`: what `run` would start, and what it would leave out and why. */
import type { Context } from '../context.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { alignedTable } from '../output/ladder.js';
import { startsInStep, stepMs } from '../plan/arrivals.js';
import type { Cell, Plan, PlanOptions } from '../plan/cell.js';
import { preparePlan } from './prepared-plan.js';

export async function planCommand(
  files: readonly string[],
  options: PlanOptions & { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const { plan } = await preparePlan(files, options, context);
  context.stdout.write(options.json ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
  return exitCodes.fine;
}

export function planText(plan: Plan): string {
  const head = [
    'cell',
    'runs',
    'warm-ups',
    'QEMU',
    'machine',
    'firmware',
    'CPU',
    'vCPUs',
    'backing',
  ];
  const lines = [
    ...(plan.cells.length === 0 ? [] : [alignedTable([head, ...plan.cells.map(row)])]),
    ...plan.cells.filter(({ rate }) => rate > 0).map(rateLine),
    ...plan.settled.map(({ chosen, because }) => `guest ${chosen}, because ${because}`),
    ...plan.skipped.map(({ cell, because }) => `${cell.id}: skipped, because ${because}`),
    `${plan.starts.length} starts, seed ${plan.seed}`,
  ];
  return `${lines.join('\n')}\n`;
}

function rateLine(cell: Cell): string {
  const { id, rate, load } = cell;
  const how = load.arrivals === 'poisson' ? 'by chance (Poisson)' : 'at equal distances';
  const seconds = Number((stepMs(cell) / 1000).toFixed(3));
  return `${id}: a run is a step of ${startsInStep(cell)} starts in ${seconds} s, ${rate} a second, ${how}; it ends early at ${load.aliveLimit} alive`;
}

function row(cell: Cell): string[] {
  return [
    cell.id,
    String(cell.runs),
    String(cell.warmup),
    cell.qemuVersion,
    cell.machine,
    cell.firmware,
    cell.cpu,
    String(cell.vcpus),
    cell.backing,
  ];
}
