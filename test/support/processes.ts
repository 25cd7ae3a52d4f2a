/** Finds processes by a text on their command line: what a test started, and nothing else. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const matches = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return pid !== process.pid && command.includes(text);
    }),
  );
  return pids.filter((_, index) => matches[index]);
}

/** The same among those that this process has started, however indirectly: others may test beside us. */
export async function descendantsWith(text: string): Promise<number[]> {
  const found = await processesWith(text);
  const ours = await Promise.all(found.map((pid) => descendsFromUs(pid)));
  return found.filter((_, index) => ours[index]);
}

async function descendsFromUs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return parent === process.pid || (parent > 1 && (await descendsFromUs(parent)));
}

/** Waits until the condition holds; false when it does not within the limit. */
export async function eventually(
  condition: () => Promise<boolean>,
  limitMs = 10_000,
): Promise<boolean> {
  const until = Date.now() + limitMs;
  while (Date.now() < until) {
    if (await condition()) return true;
    await sleep(20);
  }
  return condition();
}

/** A field of /proc/PID/status, or of a thread: `PID/task/TID`; `gone` where it has ended. */
export async function statusField(pid: number | string, name: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? 'gone';
}

/** The list of CPUs that each thread may run on. */
export async function cpusOfThreads(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = threads.map((thread) => statusField(`${pid}/task/${thread}`, 'Cpus_allowed_list'));
  return (await Promise.all(lists)).filter((list) => list !== 'gone');
}
