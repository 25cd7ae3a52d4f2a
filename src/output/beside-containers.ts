/** How the clones of a run compare with its containers, in a sentence each. */
import { alwaysFavorsDynmods } from '../host/cgroup.js';
import { accelLabel, type RunRecord } from '../results/record.js';
import { ratioOfMedians } from '../statistics/bootstrap.js';
import {
  alone,
  metricOf,
  type CellSummary,
  type MetricSummary,
  type Summary,
} from '../summarise.js';
import { isRuntime } from '../tiers.js';
import { showMs, showRatio } from './numbers.js';

/** With fewer samples a resampled median hardly varies, and its interval would flatter. */
const leastForRatio = 6;

/** One line for each pair of a `fork-loaded` cell and a container; none where a run has not both. */
export function besideContainers(summary: Summary, record: RunRecord): readonly string[] {
  // Of VMs that wait for one another this would say how long they waited.
  const { cells } = alone(summary);
  const clones = cells.filter(({ tier }) => tier === 'fork-loaded');
  const containers = cells.filter(({ tier }) => isRuntime(tier));
  const lines = clones.flatMap((clone) =>
    containers
      .filter((container) => areAlike(clone, container))
      .flatMap((container) => {
        const parts = (['ready', 'work'] as const).flatMap((name) =>
          against(name, metricOf(clone, name), metricOf(container, name), record.seed),
        );
        const accel = accelLabel(clone.row['accel'] ?? '', record.host.kvm);
        return parts.length === 0
          ? []
          : [`${clone.id} (${accel}) beside ${container.id}: ${parts.join('; ')}`];
      }),
  );
  return lines.length === 0 ? [] : [...lines, ...graceLine(record)];
}

/** Clones are made in the cgroup of their base point, and so never wait for that. */
function graceLine({ host }: RunRecord): readonly string[] {
  const { cgroup, kernelRelease } = host.facts;
  if (cgroup.state === 'unknown' || cgroup.value.favordynmods) return [];
  if (kernelRelease.state === 'known' && alwaysFavorsDynmods(kernelRelease.value)) return [];
  const why = 'before it moves PID 1 into its cgroup the kernel waits for all processors';
  return [
    `Each container paid for a choice of this host: ${why} (an RCU grace period), unless cgroups are mounted with favordynmods`,
  ];
}

/** That they end alike, touch the same memory, and as many at once. */
function areAlike(clone: CellSummary, container: CellSummary): boolean {
  return ['ends', 'working_set_mib', 'concurrency'].every(
    (column) => clone.row[column] === container.row[column],
  );
}

function against(
  name: string,
  clone: MetricSummary | undefined,
  container: MetricSummary | undefined,
  seed: number,
): readonly string[] {
  if (clone === undefined || container === undefined) return [];
  const medians = `${name} after ${showMs(clone.p50)} ms, the container after ${showMs(container.p50)} ms`;
  const enough = Math.min(clone.values.length, container.values.length) >= leastForRatio;
  if (!enough || clone.min <= 0 || container.min <= 0)
    return [`${medians} (too few to say how sure)`];
  const { ratio, lower, upper } = ratioOfMedians(container.values, clone.values, { seed });
  const shown = `${showRatio(ratio)} times as long [${showRatio(lower)}, ${showRatio(upper)}]`;
  return [`${medians}: ${shown}, ${verdict(lower, upper, container.p50 - clone.p50)}`];
}

function verdict(lower: number, upper: number, gainMs: number): string {
  if (upper < 1) return `faster by ${showMs(gainMs)} ms`;
  return lower > 1 ? `slower by ${showMs(-gainMs)} ms` : 'not told apart';
}
