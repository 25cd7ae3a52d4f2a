import { parse } from 'csv-parse/sync';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { allowedCpus } from '../../src/host/affinity.js';
import { home, temporaryFolder } from '../support/context.js';
import { cpusOfThreads, eventually, processesWith, statusField } from '../support/processes.js';

/** Puts each QEMU found under what it is: spawned by the harness, or cloned from a base point. */
async function look(folder: string, harness: number, seen: Map<string, Set<string>>) {
  for (const pid of await processesWith(folder)) {
    const parent = Number(await statusField(pid, 'PPid'));
    const exe = await readlink(`/proc/${pid}/exe`).catch(() => '');
    if (!exe.includes('qemu-system')) continue;
    const kind = parent === harness ? 'spawned' : 'cloned';
    const lists = seen.get(kind) ?? new Set();
    for (const list of await cpusOfThreads(pid)) lists.add(list);
    seen.set(kind, lists);
  }
}

it(
  'a run keeps every QEMU, every clone and the harness to the CPUs asked for',
  { timeout: 60_000 },
  async () => {
    const [first, last] = [allowedCpus().at(0), allowedCpus().at(-1)];
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'cache'), { mode: 0o700 });
    const scenario = join(folder.path, 'pin.yaml');
    const knobs = 'machine: pc, firmware: seabios, accel: tcg, memory: 32M';
    await writeFile(
      scenario,
      `name: pin\nruns: 5000\nwarmup: 0\npin: { qemu: '${last}', harness: '${first}' }\nmatrix:\n  - { guest: tiny, tier: [restore, fork-loaded], ${knobs} }\n`,
    );
    const out = join(folder.path, 'out');
    const args = [join(home, 'dist/bin.js'), 'run', scenario, '--out', out];
    const env = { ...process.env, BASEPOINT_CACHE: join(folder.path, 'cache') };
    const harness = spawn(process.execPath, args, { env, stdio: 'ignore' });
    await using ended = {
      pid: harness.pid ?? 0,
      [Symbol.asyncDispose]: async () => {
        if (harness.exitCode === null && harness.signalCode === null) {
          harness.kill('SIGKILL');
          await once(harness, 'exit');
        }
      },
    };
    const { pid } = ended;
    const samples = () => readFile(join(out, 'samples.csv'), 'utf8').catch(() => '');
    expect(await eventually(async () => (await samples()).split('\n').length > 5, 40_000)).toBe(
      true,
    );
    const seen = new Map<string, Set<string>>();
    const both = async () => {
      await look(folder.path, pid, seen);
      return (seen.get('spawned')?.size ?? 0) > 0 && (seen.get('cloned')?.size ?? 0) > 0;
    };
    expect(await eventually(both)).toBe(true);
    const ofHarness = await cpusOfThreads(pid);
    harness.kill('SIGINT');
    await once(harness, 'exit');

    expect(ofHarness.length).toBeGreaterThan(4);
    expect(new Set(ofHarness)).toEqual(new Set([`${first}`]));
    expect(seen).toEqual(
      new Map([
        ['spawned', new Set([`${last}`])],
        ['cloned', new Set([`${last}`])],
      ]),
    );
    const rows: Record<string, string>[] = parse(await samples(), { columns: true });
    expect(new Set(rows.map(({ qemu_cpus: cpus }) => cpus))).toEqual(new Set([`${last}`]));
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain(
      `QEMU was kept to CPU ${last}.`,
    );
  },
);
