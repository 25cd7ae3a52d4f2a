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
