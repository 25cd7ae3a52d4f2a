/** Waits until a process has come to rest; outside every measured interval. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const stepMs = 60;
/** So many steps without a thread having run. */
const stillSteps = 3;
const limitMs = 3000;

/**
 * QEMU's RCU thread frees what the start-up left behind in batches, 10 to 50 ms later. A base point
 * that is forked before it has done so hands that work on to every clone: some 450 pages are copied
 * in the middle of its start.
 */
export async function untilQuiet(pid: number): Promise<void> {
  let before = '';
  let still = 0;
  for (let waited = 0; waited < limitMs && still < stillSteps; waited += stepMs) {
    await sleep(stepMs);
    const ran = await runTimes(pid);
    still = ran === before ? still + 1 : 0;
    before = ran;
  }
}

/** How long each thread has run, as /proc tells it. */
async function runTimes(pid: number): Promise<string> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder);
  const texts = await Promise.all(
    threads.map((thread) => readFile(`${folder}/${thread}/schedstat`, 'utf8').catch(() => '')),
  );
  return texts.join();
}
