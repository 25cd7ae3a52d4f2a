import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';

import { basePoint, type Base, type Kind, type TestClone } from '../support/clones.js';
import { cpusOfThreads, eventually } from '../support/processes.js';
import { kvmOpens, realQemus } from '../support/qemus.js';

const limit = { timeout: 120_000 };

const kinds: readonly (readonly [string, Kind])[] = realQemus.flatMap(([which, qemu]) => {
  const tiny = { guest: 'tiny', accel: 'kvm', qemu } as const;
  const linux = { guest: 'debian-cloud', accel: 'tcg', qemu } as const;
  return [
    ...(kvmOpens ? ([[`tiny on KVM, ${which} QEMU`, tiny]] as const) : []),
    [`Linux under TCG, ${which} QEMU`, linux] as const,
  ];
});

async function ramHash(base: Base): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(`/proc/self/fd/${base.ram.fd}`), hash);
  return hash.digest('hex');
}

async function stateOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone ) gone');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

async function rssKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}

/** Memory that is run, belongs to no file and is in huge pages. */
async function hugeCodeKiB(pid: number): Promise<number> {
  const mappings = await readFile(`/proc/${pid}/smaps`, 'utf8');
  const huge = /^\S+ r-xp 0+ 00:00 0 [^\n]*\n(?:[A-Z][^\n]*\n)*?AnonHugePages:\s+(\d+)/gm;
  return [...mappings.matchAll(huge)].reduce((sum, [, kib]) => sum + Number(kib), 0);
}

/** The C library's code, in KiB: what is in the page tables, and what of it is no longer the file's. */
async function libraryCode(
  pid: number,
): Promise<{ readonly mapped: number; readonly own: number }> {
  const mappings = await readFile(`/proc/${pid}/smaps`, 'utf8');
  const [of] = /^\S+ r-xp .*\/libc\.so\.6\n(?:[A-Z].*\n)*/m.exec(mappings) ?? [''];
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(of)?.[1]);
  return { mapped: kib('Rss'), own: kib('Anonymous') };
}

describe.each(kinds)('clones of %s', (_name, kind) => {
  it.each([true, false])(
    'answer as a restored guest (template loaded before: %s)',
    limit,
    async (loaded) => {
      await using base = await basePoint({ ...kind, loaded });
      for (const identity of [1n, 2n, 3n]) {
        await using clone = await base.clone();
        const answer = await clone.go(identity);
        expect(answer.nonce).toBe(base.template.nonce);
        expect(answer.counter).toBe(2);
        expect(answer.identity).toBe(identity);
      }
    },
  );

  it(
    'have each their own memory: none sees what another wrote, nor does the template',
    limit,
    async () => {
      await using base = await basePoint(kind);
      const before = await ramHash(base);
      const clones = await Promise.all([1, 2, 3].map(() => base.clone()));
      const answers = await Promise.all(clones.map((clone, i) => clone.go(BigInt(i + 10), 4)));
      // The counter lives in guest RAM: a shared page would have been counted up by the others.
      expect(answers.map(({ counter }) => counter)).toEqual([2, 2, 2]);
      expect(answers.map(({ identity }) => identity)).toEqual([10n, 11n, 12n]);
      expect(new Set(answers.map(({ random }) => random.toString('hex'))).size).toBe(3);
      await using later = await base.clone();
      expect((await later.go(99n)).counter).toBe(2);
      expect(await ramHash(base)).toBe(before);
      await Promise.all(clones.map((clone) => clone[Symbol.asyncDispose]()));
    },
  );

  it('survive the death of their siblings, and leave no zombie', limit, async () => {
    await using base = await basePoint(kind);
    const doomed = await base.clone();
    await using other = await base.clone();
    const pid = await doomed.clone.pid;
    process.kill(pid, 'SIGKILL');
    expect((await doomed.clone.exited).signal).toBe('signal 9');
    expect(await eventually(async () => (await stateOf(pid)) === 'g')).toBe(true);
    expect((await other.go(7n)).identity).toBe(7n);
    await doomed[Symbol.asyncDispose]();
  });

  it('answer their monitor as any QEMU does', limit, async () => {
    await using base = await basePoint(kind);
    await using clone = await base.clone();
    const { qmp } = clone.clone;
    expect(await qmp.execute('query-status')).toMatchObject({ running: false });
    await clone.go(5n);
    expect(await qmp.execute('query-status')).toMatchObject({ running: true, status: 'running' });
    expect(await qmp.execute('query-cpus-fast')).toHaveLength(1);
    await qmp.execute('stop');
    const registers = await qmp.execute('human-monitor-command', {
      'command-line': 'info registers',
    });
    expect(String(registers)).toMatch(/RIP=[0-9a-f]{16}/);
    await qmp.execute('cont');
    expect(await qmp.execute('query-status')).toMatchObject({ status: 'running' });
    expect(await clone.quit()).toBe(0);
  });

  it('may run wherever their base point may, each thread of them', limit, async () => {
    await using base = await basePoint(kind);
    await using clone = await base.clone();
    await clone.go(1n);
    const [basePid, pid] = [await base.machine.pid, await clone.clone.pid];
    const allowed = new Set(await cpusOfThreads(basePid));
    expect(allowed.size).toBe(1);
    // A clone starts where its base point runs, and is let go once its threads are made.
    const areFree = async () => {
      const threads = await cpusOfThreads(pid);
      return threads.length > 2 && threads.every((list) => allowed.has(list));
    };
    expect(await eventually(areFree)).toBe(true);
  });

  it('share their base point’s code in huge pages, where the host has them', limit, async () => {
    const isOff = (await readFile('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8')).includes(
      '[never]',
    );
    await using base = await basePoint(kind);
    await using clone = await base.clone();
    await clone.go(1n);
    const pids = [await base.machine.pid, await clone.clone.pid];
    const [ofBase, ofClone] = await Promise.all(pids.map(hugeCodeKiB));
    expect(ofBase).toBe(isOff ? 0 : base.hugeCodeBytes / 1024);
    expect(ofClone).toBe(ofBase);
    // All of it, wherever the loader put it: runs must not differ by that.
    const mappings = await readFile(`/proc/${pids[0]}/maps`, 'utf8');
    expect(/r-xp.*qemu-system/.test(mappings)).toBe(isOff);
    await using without = await basePoint({ ...kind, thp: 'never' });
    expect(without.hugeCodeBytes).toBe(0);
    await using other = await without.clone();
    expect((await other.go(2n)).identity).toBe(2n);
  });

  it('have their base point’s page tables of the libraries’ code', limit, async () => {
    const override = /proc_mem\.force_override=(never|ptrace)/;
    const isForbidden = override.test(await readFile('/proc/cmdline', 'utf8'));
    await using base = await basePoint(kind);
    const pid = await base.machine.pid;
    await using first = await base.clone();
    await first.go(1n);
    const ownsSome = async () => (await libraryCode(pid)).own > 0;
    expect(await eventually(ownsSome)).toBe(!isForbidden);
    const { mapped, own } = await libraryCode(pid);
    await using clone = await base.clone();
    const ofClone = await libraryCode(await clone.clone.pid);
    expect(ofClone.own).toBe(own);
    expect(ofClone.mapped).toBeGreaterThanOrEqual(isForbidden ? 1 : mapped);
    expect((await clone.go(2n)).identity).toBe(2n);
  });

  it('die with their base point', limit, async () => {
    const base = await basePoint(kind);
    const clones = await Promise.all([base.clone(), base.clone()]);
    await Promise.all(clones.map((clone) => clone.go(1n)));
    const pids = await Promise.all(clones.map(({ clone }) => clone.pid));
    process.kill(await base.machine.pid, 'SIGKILL');
    const dead = async () =>
      (await Promise.all(pids.map(stateOf))).every((state) => 'gZ'.includes(state));
    expect(await eventually(dead)).toBe(true);
    await Promise.all(clones.map((clone) => clone[Symbol.asyncDispose]()));
    await base[Symbol.asyncDispose]();
  });

  it('cost the base point nothing that stays: descriptors, processes, memory', limit, async () => {
    await using base = await basePoint(kind);
    const pid = await base.machine.pid;
    const rounds = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await using clone = await base.clone();
        await clone.go(BigInt(i));
      }
    };
    await rounds(10);
    const [descriptors, memory] = [await descriptorsOf(pid), await rssKiB(pid)];
    await rounds(100);
    // QEMU itself opens one or two now and then; a leak would be a hundred.
    expect(await descriptorsOf(pid)).toBeLessThan(descriptors + 10);
    expect((await rssKiB(pid)) - memory).toBeLessThan(1024);
  });
});

describe.runIf(kvmOpens)('many clones', () => {
  it('fifty alive at once, each with its own memory, all answer', limit, async () => {
    await using base = await basePoint({ guest: 'tiny', accel: 'kvm', qemu: 'qemu-system-x86_64' });
    const clones: TestClone[] = [];
    for (let i = 0; i < 50; i++) clones.push(await base.clone());
    const answers = await Promise.all(clones.map((clone, i) => clone.go(BigInt(i))));
    expect(answers.map(({ identity }) => Number(identity))).toEqual(clones.map((_, i) => i));
    expect(answers.every(({ counter }) => counter === 2)).toBe(true);
    await Promise.all(clones.map((clone) => clone[Symbol.asyncDispose]()));
  });

  it('of two vCPUs answer too', limit, async () => {
    await using base = await basePoint({
      guest: 'tiny',
      accel: 'kvm',
      qemu: 'qemu-system-x86_64',
      vcpus: 2,
    });
    await using clone = await base.clone();
    expect((await clone.go(3n)).identity).toBe(3n);
    expect(await clone.clone.qmp.execute('query-cpus-fast')).toHaveLength(2);
  });

  it(
    'an idle one keeps less than a MiB of private dirty memory, the first and the later ones',
    limit,
    async () => {
      await using base = await basePoint({
        guest: 'tiny',
        accel: 'kvm',
        qemu: 'qemu-system-x86_64',
      });
      // From the second on, pages are copied ahead of need: no more of them than a clone would touch.
      for (const identity of [1n, 2n, 3n, 4n]) {
        await using clone = await base.clone();
        await clone.go(identity, 0);
        // The first one tells in this time which pages it came to own.
        await new Promise((resolve) => setTimeout(resolve, 100));
        const rollup = await readFile(`/proc/${await clone.clone.pid}/smaps_rollup`, 'utf8');
        expect(Number(/^Private_Dirty:\s+(\d+)/m.exec(rollup)?.[1])).toBeLessThan(1024);
      }
    },
  );
});

describe('a base point', () => {
  const tcg = { guest: 'tiny', accel: 'tcg', qemu: 'qemu-system-x86_64' } as const;

  it('refuses to be forked twice over the same channel, and stands as before', limit, async () => {
    await using base = await basePoint(tcg);
    const refused = new Promise<Error>((resolve) => {
      base.machine.control?.clone('bad', ['fd:3=connect:/nonexistent/socket'], {
        cloned: () => undefined,
        refused: resolve,
        exited: () => undefined,
      });
    });
    expect((await refused).message).toMatch(/refused to be forked \(channel|descriptor\)/);
    await using clone = await base.clone();
    expect((await clone.go(1n)).counter).toBe(2);
  });

  it.runIf(kvmOpens)('whose vCPU has run refuses, and names the cause', limit, async () => {
    await using base = await basePoint({ ...tcg, accel: 'kvm' });
    base.machine.control?.unpark();
    await base.machine.qmp.execute('cont');
    const ran = async () => (await base.machine.stamps())?.stages['run'] !== undefined;
    expect(await eventually(ran)).toBe(true);
    await expect(base.clone()).rejects.toThrow(/vcpu-ran/);
  });

  it('killed in the middle of a request: an error, no hang, no orphan', limit, async () => {
    const base = await basePoint(tcg);
    const requests = [1, 2, 3, 4].map(() => base.clone());
    process.kill(await base.machine.pid, 'SIGKILL');
    const ends = await Promise.allSettled(requests.map(async (request) => (await request).go(1n)));
    for (const end of ends) {
      expect(end.status).toBe('rejected');
      expect(String((end as PromiseRejectedResult).reason)).toMatch(
        /has ended|killed by|monitor|ECONN|EPIPE/,
      );
    }
    const pid = await base.machine.pid;
    expect(await eventually(async () => 'gZ'.includes(await stateOf(pid)))).toBe(true);
    await base[Symbol.asyncDispose]();
  });
});
