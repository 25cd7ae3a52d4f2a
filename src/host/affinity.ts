/** On which CPUs this process may run, and how to keep all its threads to some of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';

import { EnvironmentError, messageOf } from '../errors.js';
import { parseCpuList, showCpuList } from '../cpu-list.js';

/** Those that are online and in our cpuset. */
export function allowedCpus(status = '/proc/self/status'): readonly number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(status, 'utf8')) ?? [];
  const cpus = parseCpuList(list);
  if (cpus === undefined) throw new EnvironmentError(`${status} does not list the CPUs allowed`);
  return cpus;
}

/**
 * Every thread there is; later ones inherit it.
 *
 * @throws EnvironmentError when one of them is elsewhere afterwards
 */
export async function keepTo(cpus: string, pid: number): Promise<void> {
  try {
    await execa('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, String(pid)]);
  } catch (error) {
    const [why = ''] = messageOf(error).split('\n');
    throw new EnvironmentError(`the harness cannot be pinned to CPU ${cpus}: ${why}`, {
      cause: error,
    });
  }
  const threads = readdirSync(`/proc/${pid}/task`);
  const elsewhere = threads.filter(
    (thread) => showCpuList(allowedCpus(`/proc/${pid}/task/${thread}/status`)) !== cpus,
  );
  if (elsewhere.length > 0) {
    throw new EnvironmentError(
      `${elsewhere.length} of ${threads.length} threads of the harness could not be pinned to CPU ${cpus}`,
    );
  }
}
