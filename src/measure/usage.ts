/** What a process has used, from /proc, after the last mark: outside the measured interval. */
import { readdir, readFile } from 'node:fs/promises';

import type { Usage } from './sample.js';

export async function readUsage(pid: number, root = '/proc'): Promise<Partial<Usage>> {
  const [cpuMs, memory] = await Promise.all([
    readCpuMs(`${root}/${pid}/task`),
    readMemory(`${root}/${pid}/smaps_rollup`),
  ]);
  return { ...(cpuMs === undefined ? {} : { cpuMs }), ...memory };
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

async function readMemory(path: string): Promise<Partial<Usage>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  const kib = (label: string): number | undefined => {
    const found = new RegExp(`^${label}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const fields = { rssKiB: kib('Rss'), pssKiB: kib('Pss'), privateDirtyKiB: kib('Private_Dirty') };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
