/**
 * What a process has used, from /proc, after the last mark: outside the measured interval. Of a clone
 * that is its own share: what the base point did for it (park, fork) is not in it.
 */
import { readdir, readFile } from 'node:fs/promises';

import type { Usage } from './sample.js';

export async function readUsage(pid: number, root = '/proc'): Promise<Partial<Usage>> {
  const [cpuMs, rollup, status] = await Promise.all([
    readCpuMs(`${root}/${pid}/task`),
    readText(`${root}/${pid}/smaps_rollup`),
    readText(`${root}/${pid}/status`),
  ]);
  const [shared, sharedDirty] = [kib(rollup, 'Shared_Clean'), kib(rollup, 'Shared_Dirty')];
  const fields = {
    cpuMs,
    rssKiB: kib(rollup, 'Rss'),
    pssKiB: kib(rollup, 'Pss'),
    privateDirtyKiB: kib(rollup, 'Private_Dirty'),
    sharedKiB: shared === undefined ? undefined : shared + (sharedDirty ?? 0),
    pageTablesKiB: kib(status, 'VmPTE'),
    privateHugetlbKiB: kib(rollup, 'Private_Hugetlb'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Sum of the run time of all live threads: schedstat counts in ns, where stat counts ticks of 10 ms. */
async function readCpuMs(taskFolder: string): Promise<number | undefined> {
  try {
    const threads = await readdir(taskFolder);
    const texts = await Promise.all(
      threads.map((thread) => readFile(`${taskFolder}/${thread}/schedstat`, 'utf8')),
    );
    return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
  } catch {
    return undefined;
  }
}

/** Empty where the process has gone, or the host does not tell. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function kib(text: string, label: string): number | undefined {
  const found = new RegExp(`^${label}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
