/** A real base point, and clones of it to talk to: what the fork tiers do, one step at a time. */
import { homedir } from 'node:os';

import { resolveFirmware } from '../../src/host/firmware.js';
import { inspectQemu, type Qemu } from '../../src/host/qemu.js';
import { guestCodes } from '../../src/marks.js';
import { readGuests } from '../../src/parse/guests.js';
import { BasePoint } from '../../src/prepare/base-point.js';
import { Cache } from '../../src/prepare/cache.js';
import { readyGuest } from '../../src/prepare/guest.js';
import { RamFile } from '../../src/prepare/ram.js';
import { readyTemplate, type Template } from '../../src/prepare/template.js';
import { noTenant } from '../../src/tenants.js';
import { CloneSeat, type Clone } from '../../src/qemu/clone.js';
import type { MachineSpec } from '../../src/qemu/command.js';
import { goFrame, type Answer, type FrameLength } from '../../src/qemu/frames.js';
import type { Machine } from '../../src/qemu/machine.js';
import { loadArguments, migrationHasEnded } from '../../src/qemu/migration.js';
import type { MarkListener } from '../../src/qemu/mark-stream.js';
import { execa } from 'execa';
import { home, testContext } from './context.js';

export interface Kind {
  readonly guest: 'tiny' | 'debian-cloud';
  readonly accel: 'kvm' | 'tcg';
  readonly qemu: string;
  readonly vcpus?: number;
  readonly loaded?: boolean;
  readonly memoryMiB?: number;
  readonly thp?: 'never';
}

/** A base point with its template; ends with its scope. */
export interface Base extends AsyncDisposable {
  readonly machine: Machine;
  readonly template: Template;
  readonly ram: RamFile;
  readonly hugeCodeBytes: number;
  clone(): Promise<TestClone>;
}

export async function basePoint(kind: Kind): Promise<Base> {
  const context = { ...testContext(home), env: { PATH: process.env['PATH'], HOME: homedir() } };
  const cache = await Cache.open(context);
  const guest = await readyGuest(
    { kind: 'declared', name: kind.guest },
    await readGuests(home),
    cache,
    context,
  );
  const qemu = await usable(kind.qemu);
  const machine = kind.accel === 'kvm' ? 'microvm' : 'pc';
  const wanted = kind.accel === 'kvm' ? 'qboot' : 'seabios';
  const firmware = await resolveFirmware(qemu, machine, wanted);
  if (firmware.state === 'missing') throw new Error(firmware.message);
  const spec: MachineSpec = {
    accel: kind.accel,
    machine,
    cpu: kind.accel === 'kvm' ? 'host' : 'qemu64',
    memoryMiB: kind.memoryMiB ?? (kind.guest === 'tiny' ? 32 : 128),
    vcpus: kind.vcpus ?? 1,
    firmware: firmware.path,
    kernel: guest.kernel,
    initramfs: guest.initramfs,
    commandLine: guest.commandLine,
    dataDirectories: qemu.besideDirectories,
    devices: [],
    frames: guest.frames,
  };
  const template = await readyTemplate(
    {
      spec,
      qemu: { binary: qemu.binary, version: qemu.version.full, sha256: qemu.sha256 },
      firmwareSha256: firmware.sha256,
      kernelSha256: guest.kernelSha256,
      initramfsSha256: guest.initramfsSha256,
      host: 'test',
      backing: 'tmpfs',
      tenant: noTenant,
      timeoutMs: 60_000,
    },
    cache,
    context,
  );
  const ram = await RamFile.create('tmpfs', spec.memoryMiB, template.ramPath, context);
  const loaded = kind.loaded ?? true;
  const base = new BasePoint(
    {
      spec,
      binary: qemu.binary,
      qemuVersion: qemu.version.short,
      ram,
      statePath: template.statePath,
      loaded,
      thp: kind.thp ?? 'host',
      tenant: noTenant.name,
      timeoutMs: 30_000,
    },
    context,
  );
  const running = await base.current(noTenant.name);
  return {
    machine: running,
    template,
    ram,
    hugeCodeBytes: base.hugeCodeBytes ?? NaN,
    clone: async () => {
      const clone = new TestClone(spec.frames);
      await clone.begin(running, loaded ? undefined : qemu.version.short);
      return clone;
    },
    [Symbol.asyncDispose]: async () => {
      await base[Symbol.asyncDispose]();
      ram[Symbol.dispose]();
    },
  };
}

async function usable(binary: string): Promise<Qemu> {
  const path = binary.includes('/') ? binary : (await execa('which', [binary])).stdout;
  const found = await inspectQemu(path);
  if (found.state === 'unusable') throw new Error(`${found.binary}: ${found.why}`);
  return found.qemu;
}

/** A clone that waits at its guest's base point until it is told to go. */
export class TestClone implements MarkListener, AsyncDisposable {
  clone!: Clone;
  readonly codes: number[] = [];
  #answered!: (answer: Answer) => void;
  readonly #answer = new Promise<Answer>((resolve) => {
    this.#answered = resolve;
  });

  constructor(private readonly frames: FrameLength) {}

  async begin(base: Machine, loadWith: string | undefined): Promise<void> {
    const seat = await CloneSeat.prepare(base, loadWith !== undefined);
    this.clone = seat.begin(this);
    await this.#inTime(this.clone.connected);
    if (loadWith === undefined) return;
    const loaded = this.clone.qmp.waitEvent(migrationHasEnded);
    await this.clone.qmp.execute('migrate-incoming', loadArguments(loadWith));
    const { data } = await this.#inTime(loaded);
    if (data['status'] !== 'completed') throw new Error('the clone could not load the template');
  }

  /** Lets the guest go on, and returns what it answers. */
  async go(identity: bigint, workingSetMiB = 1): Promise<Answer> {
    const seed = Buffer.alloc(32, Number(identity % 251n) + 1);
    const go = {
      identity,
      seed,
      reseed: true,
      workingSetMiB,
      hwrng: false,
      observeMs: 0,
      log: false,
    };
    this.clone.sendToGuest(goFrame(go, this.frames));
    await this.clone.qmp.execute('cont');
    return this.#inTime(this.#answer);
  }

  async quit(): Promise<number | null> {
    void this.clone.qmp.execute('quit');
    return (await this.#inTime(this.clone.exited)).code;
  }

  #inTime<T>(promise: Promise<T>): Promise<T> {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => {
        reject(
          new Error(`no answer in time; marks: ${this.codes.join(' ')}; ${this.clone.stderr}`),
        );
      }, 15_000).unref();
    });
    return Promise.race([promise, this.clone.unexpectedExit(), late]).catch(
      async (error: unknown) => {
        const quitting = await Promise.race([
          promise.catch(() => undefined),
          Promise.resolve('not yet'),
        ]);
        if (quitting !== 'not yet' && quitting !== undefined) return quitting as T;
        throw error;
      },
    );
  }

  mark(code: number): void {
    this.codes.push(code);
  }

  answer(answer: Answer): void {
    this.#answered(answer);
  }

  error(text: string): void {
    this.codes.push(guestCodes.ERROR);
    throw new Error(text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.clone[Symbol.asyncDispose]();
  }
}
