/** Makes containers of one runtime, one after the other: what they share is made once. */
import { join } from 'node:path';

import type { Context } from '../context.js';
import { cgroupMode } from '../host/cgroup.js';
import { hostTree } from '../host/tree.js';
import type { MarkListener } from '../qemu/mark-stream.js';
import { ociConfig } from './config.js';
import { Container } from './container.js';
import { ContainerHome } from './home.js';
import { needsOwnMounts, OwnMounts } from './mounts.js';
import type { Runtime } from './runtime.js';

/** A container's root and PID 1. */
export interface ContainerProgram {
  /** The folder that becomes the container's root. */
  readonly rootfs: string;
  /** Within it. */
  readonly path: string;
  readonly sha256: string;
}

export class ContainerMaker implements AsyncDisposable {
  private constructor(
    readonly runtime: Runtime,
    readonly program: ContainerProgram,
    private readonly home: ContainerHome,
    private readonly mounts: OwnMounts | undefined,
    private readonly context: Context,
  ) {}

  /** @throws EnvironmentError where this host has no place for it */
  static async create(
    runtime: Runtime,
    program: ContainerProgram,
    context: Context,
  ): Promise<ContainerMaker> {
    const mounts = (await needsOwnMounts(runtime.name)) ? await OwnMounts.create() : undefined;
    try {
      const home = await ContainerHome.create(context);
      return new ContainerMaker(runtime, program, home, mounts, context);
    } catch (error) {
      mounts?.[Symbol.dispose]();
      throw error;
    }
  }

  /** Writes a bundle, before the start; what it returns begins the start. */
  async prepare(memoryMiB: number): Promise<(listener: MarkListener) => Container> {
    const { context, home, runtime, program } = this;
    const id = home.newId();
    const { rootfs, path } = program;
    const cgroup2 = cgroupMode(hostTree('/')).mode === 'v2';
    const bundle = await home.bundle(
      id,
      ociConfig({ id, rootfs, program: path, memoryMiB, cgroup2 }),
    );
    const launch = {
      launcher: join(context.home, 'dist/native/basepoint-launch'),
      parentPid: context.pid,
      env: { PATH: context.env['PATH'] },
      mountsFd: this.mounts?.fd,
      ...{ runtime, home, id, bundle },
    };
    return (listener) => Container.start(launch, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.mounts?.[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}
