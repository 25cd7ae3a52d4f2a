/** The cgroups of a container: which processes are in them, and making an end of them. */
import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** A killed process leaves its cgroup a moment later. */
const stepMs = 10;
const mostSteps = 200;

/** The host's pids of a container's processes, PID 1 first. */
export async function processesOf(id: string): Promise<readonly number[]> {
  const [folder] = await foldersOf(id);
  return folder === undefined ? [] : pidsIn(folder);
}

/** Kills what is in the container's cgroups and removes them; outside every measured interval. */
export async function removeCgroups(id: string): Promise<void> {
  for (const folder of await foldersOf(id)) await empty(folder);
}

/** Names of cgroups directly below a root, in any hierarchy. */
export async function cgroupNames(): Promise<ReadonlySet<string>> {
  const lists = (await hierarchies()).map((folder) => readdir(folder).catch(() => []));
  return new Set((await Promise.all(lists)).flat());
}

async function empty(folder: string): Promise<void> {
  for (let step = 0; step < mostSteps; step++) {
    const pids = await pidsIn(folder);
    if (pids.length > 0)
      await execa('sh', ['-c', 'kill -KILL "$@"', 'sh', ...pids.map(String)]).catch(
        () => undefined,
      );
    const gone = await rmdir(folder).then(
      () => true,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
    );
    if (gone) return;
    await sleep(stepMs);
  }
}

async function pidsIn(folder: string): Promise<readonly number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

async function foldersOf(id: string): Promise<readonly string[]> {
  const folders = (await hierarchies()).map((folder) => join(folder, id));
  const there = await Promise.all(
    folders.map((folder) =>
      readdir(folder).then(
        () => true,
        () => false,
      ),
    ),
  );
  return folders.filter((_, index) => there[index]);
}

/** Where cgroup hierarchies are mounted, of both versions. */
async function hierarchies(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const mounts = lines.map((line) => line.split(' '));
  return mounts.flatMap(([, folder = '', type = '']) => (/^cgroup2?$/.test(type) ? [folder] : []));
}
