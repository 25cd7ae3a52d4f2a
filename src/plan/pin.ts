/** On which CPUs the QEMUs and the harness run, where a scenario says so. */
import { EnvironmentError, UsageError } from '../errors.js';
import { showCpuList } from '../cpu-list.js';
import type { PinnedTo, Scenario } from '../parse/scenario.js';

/** Lists of CPUs as the kernel shows them; empty where nothing is asked. */
export interface Pins {
  readonly qemuCpus: string;
  readonly harnessCpus: string;
}

/**
 * A child inherits the CPUs of its parent: where only the harness is pinned, the QEMUs are given
 * those that the harness had.
 *
 * @param allowed the CPUs that are online and that this process may use
 * @throws EnvironmentError with the place in the file, where the host does not have them for us
 */
export function pinsOf({ pin }: Scenario, allowed: readonly number[]): Pins {
  for (const pinned of [pin.qemu, pin.harness]) {
    if (pinned !== undefined) refuseMissing(pinned, allowed);
  }
  const harnessCpus = pin.harness === undefined ? '' : showCpuList(pin.harness.cpus);
  const qemu = pin.qemu?.cpus ?? (harnessCpus === '' ? [] : allowed);
  return { qemuCpus: showCpuList(qemu), harnessCpus };
}

/** @throws UsageError where two scenarios want the one harness in two places */
export function harnessCpusOf(scenarios: readonly Scenario[], allowed: readonly number[]): string {
  const [first, ...others] = scenarios.map((scenario) => ({
    scenario,
    cpus: pinsOf(scenario, allowed).harnessCpus,
  }));
  const other = others.find(({ cpus }) => cpus !== first?.cpus);
  if (other === undefined) return first?.cpus ?? '';
  const { nameAt, name, pin } = other.scenario;
  throw new UsageError(
    `${pin.harness?.at ?? nameAt}: "${name}" pins the harness to ${other.cpus || 'nothing'} and "${first?.scenario.name ?? ''}" to ${first?.cpus || 'nothing'}; measure them in two runs`,
  );
}

function refuseMissing({ at, cpus }: PinnedTo, allowed: readonly number[]): void {
  const missing = cpus.filter((cpu) => !allowed.includes(cpu));
  if (missing.length === 0) return;
  throw new EnvironmentError(
    `${at}: CPU ${showCpuList(missing)} is not online here or not allowed to this process, which has ${showCpuList(allowed)}`,
  );
}
