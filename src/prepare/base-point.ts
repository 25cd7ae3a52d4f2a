/**
 * Base points: QEMUs that have finished their init, wait with the base-point library loaded, and are
 * forked for each start of a cell. One stands for the whole run; one that dies is made again.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { ConsoleReady } from '../ends.js';
import { refuseOtherTenant } from '../tenants.js';
import { descriptors, qemuArguments, type MachineSpec } from '../qemu/command.js';
import { Dialogue, timeLimit, within } from '../qemu/dialogue.js';
import { Machine } from '../qemu/machine.js';
import type { Command } from '../qemu/qmp.js';
import { untilQuiet } from '../qemu/quiet.js';
import { loadArguments, loadCapabilities, migrationHasEnded } from '../qemu/migration.js';
import { faultOf } from './cell-fault.js';
import { makeFirstClone } from './first-clone.js';

export interface BasePointSpec {
  readonly spec: MachineSpec;
  /** The CPUs it may run on, empty for any; its clones inherit them. */
  readonly cpus?: string;
  readonly binary: string;
  readonly qemuVersion: string;
  readonly ram: { readonly fd: number };
  readonly statePath: string;
  /** Whose clones it makes: nobody else is given it. */
  readonly tenant: string;
  /** Loaded before it is forked, or left to each clone. */
  readonly loaded: boolean;
  /** What every clone is asked first: all but its end is sent before the fork. */
  readonly firstCommand?: Command;
  readonly thp: 'host' | 'never';
  /** Of a guest without our PID 1. */
  readonly ready?: ConsoleReady | undefined;
  readonly timeoutMs: number;
}

export class BasePoint implements AsyncDisposable {
  #machine: Promise<Machine> | undefined;
  #hugeCodeBytes: number | undefined;

  constructor(
    private readonly spec: BasePointSpec,
    private readonly context: Context,
  ) {}

  get tenant(): string {
    return this.spec.tenant;
  }

  /** How much of its QEMU's code is in huge pages: where its code lies is another in each. */
  get hugeCodeBytes(): number | undefined {
    return this.#hugeCodeBytes;
  }

  /**
   * The QEMU to fork, made now if there is none alive.
   *
   * @param tenant who asks for it
   * @throws CellFault with what QEMU said last; EnvironmentError where it is another tenant's
   */
  async current(tenant: string): Promise<Machine> {
    refuseOtherTenant('the base point', this.spec.tenant, tenant);
    const found = (this.#machine ??= this.#make());
    const machine = await found;
    if (!machine.hasExited) return machine;
    // Of several that find it dead at once, the first makes another.
    if (this.#machine === found) this.#machine = this.#make();
    return this.#machine;
  }

  /** One that fails is forgotten, so that the next start tries anew. */
  async #make(): Promise<Machine> {
    try {
      return await this.#settled();
    } catch (error) {
      this.#machine = undefined;
      throw faultOf('cannot make a base point', error);
    }
  }

  async #settled(): Promise<Machine> {
    const { timeoutMs } = this.spec;
    const machine = this.#spawn();
    try {
      const limit = timeLimit(timeoutMs, this.context.signal);
      await within(machine, this.#settle(machine), limit);
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  #spawn(): Machine {
    const { spec, cpus = '', binary, ram, statePath, thp, ready } = this.spec;
    const port = ready === undefined ? 'marks' : 'console';
    const state = openSync(statePath, 'r');
    try {
      return Machine.spawn(
        () => ({
          launcher: join(this.context.home, 'dist/native/basepoint-launch'),
          parentPid: this.context.pid,
          env: { PATH: this.context.env['PATH'], ...libraryEnvironment(this.context.home, port) },
          cpus,
          binary,
          args: qemuArguments(spec, 'base'),
          files: [ram.fd, state],
          ownFiles: [],
          control: true,
          noThp: thp === 'never',
          // It was made before any start, so this costs none of its clones a thing.
          diesFirst: true,
        }),
        new Dialogue(),
      );
    } finally {
      closeSync(state);
    }
  }

  async #settle(machine: Machine): Promise<void> {
    await machine.control?.hello;
    await machine.qmp.execute('qmp_capabilities');
    await machine.qmp.execute('migrate-set-capabilities', loadCapabilities);
    if (this.spec.loaded) await this.#load(machine);
    if (this.spec.firstCommand !== undefined) machine.qmp.begin(this.spec.firstCommand);
    await untilQuiet(await machine.pid);
    this.#hugeCodeBytes = await machine.control?.park();
    const { loaded, qemuVersion, spec, ready } = this.spec;
    const loadWith = loaded ? undefined : qemuVersion;
    await makeFirstClone(machine, { loadWith, frames: spec.frames, ready });
  }

  async #load(machine: Machine): Promise<void> {
    const loaded = machine.qmp.waitEvent(migrationHasEnded);
    await machine.qmp.execute('migrate-incoming', loadArguments(this.spec.qemuVersion));
    const { data } = await loaded;
    if (data['status'] !== 'completed') throw new Error('QEMU could not load the state');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const machine = await this.#machine?.catch(() => undefined);
    await machine?.[Symbol.asyncDispose]();
  }
}

/** Loads the base-point library into QEMU, with its control channel and the port it stamps. */
export function libraryEnvironment(
  home: string,
  port: 'marks' | 'console' = 'marks',
): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: join(home, 'dist/native/basepoint.so'),
    // Looked up once here, a function need not be looked up by every clone that calls it first.
    LD_BIND_NOW: '1',
    // One heap, which the library sorts before it parks the threads.
    MALLOC_ARENA_MAX: '1',
    BASEPOINT_CONTROL: `fd:${descriptors.control}`,
    BASEPOINT_MARKS: `fd:${descriptors[port]}`,
  };
}
