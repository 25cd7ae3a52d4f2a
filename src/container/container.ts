/** One container and its channels, from the spawn of its runtime until both are gone. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';

import { now } from '../clock.js';
import { shellQuote } from '../qemu/command.js';
import { MarkStream, type MarkListener } from '../qemu/mark-stream.js';
import type { Qmp } from '../qemu/qmp.js';
import { MachineExit, type Exit, type Running } from '../qemu/running.js';
import { processesOf } from './cgroups.js';
import { containerDescriptors as descriptors } from './config.js';
import type { ContainerHome } from './home.js';
import type { Runtime } from './runtime.js';

export interface ContainerLaunch {
  /** basepoint-launch: ties the runtime's life to ours. */
  readonly launcher: string;
  readonly parentPid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runtime: Runtime;
  /** The mount namespace the runtime is started in, where it is not ours. */
  readonly mountsFd: number | undefined;
  readonly home: ContainerHome;
  readonly id: string;
  readonly bundle: string;
}

const firstFreeDescriptor = descriptors.go + 1;
const keptOutputBytes = 64 * 1024;

export class Container implements Running {
  readonly connected = Promise.resolve();
  readonly consoleConnected = Promise.resolve();
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #markStream: MarkStream;
  readonly #go: Duplex;
  /** The runtime is gone and all it said has been read. */
  readonly #drained: Promise<void>;
  #stderr = '';
  #hasExited = false;

  private constructor(
    private readonly launch: ContainerLaunch,
    /** CLOCK_MONOTONIC, ns, just before the spawn call. */
    readonly startNs: bigint,
    child: ChildProcess,
    listener: MarkListener,
  ) {
    this.#child = child;
    const streams = child.stdio as readonly unknown[];
    const stderr = streams[2] as Readable;
    const marks = streams[descriptors.marks] as Duplex;
    this.#go = streams[descriptors.go] as Duplex;
    this.#go.resume();
    this.#markStream = new MarkStream(listener);
    marks.on('data', (chunk: Buffer) => {
      this.#markStream.feed(chunk, now());
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-keptOutputBytes);
    });
    for (const stream of [stderr, marks, this.#go]) stream.on('error', () => undefined);
    this.#drained = new Promise((resolve) => {
      child.once('close', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    this.exited = this.#watchExit();
  }

  /** Starts the runtime, which starts the container: the instant before is the start of the start. */
  static start(launch: ContainerLaunch, listener: MarkListener): Container {
    const startNs = now();
    const { mountsFd, parentPid, launcher, env } = launch;
    const stdio = [
      ...(['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] as const),
      ...(mountsFd === undefined ? [] : [mountsFd]),
    ];
    const mounts = mountsFd === undefined ? [] : ['--mounts', String(firstFreeDescriptor)];
    const args = [...mounts, String(parentPid), String(firstFreeDescriptor), ...commandOf(launch)];
    // A session of its own: Ctrl-C in the terminal goes to the harness, which ends its children.
    const child = spawn(launcher, args, { stdio, env: { ...env }, detached: true });
    return new Container(launch, startNs, child, listener);
  }

  get qmp(): Qmp {
    throw new Error('a container has no monitor');
  }

  /** The host's number of the container's PID 1. */
  get pid(): Promise<number> {
    return processesOf(this.launch.id).then(([pid]) => pid ?? 0);
  }

  get program(): string {
    return this.launch.runtime.name;
  }

  get command(): string {
    return shellQuote(commandOf(this.launch));
  }

  get stderr(): string {
    return this.#stderr;
  }

  get consoleText(): string {
    return this.#markStream.text;
  }

  sendToConsole(): void {
    throw new Error('a container has no console');
  }

  sendToGuest(frame: Buffer): void {
    this.#go.write(frame);
  }

  /** Hangs up, upon which PID 1 ends, and then the runtime. */
  quit(): void {
    this.#go.end();
  }

  async unexpectedExit(): Promise<never> {
    throw new MachineExit(await this.exited, this.program);
  }

  stamps(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasExited) this.#child.kill('SIGKILL');
    await this.exited;
    const { home, id } = this.launch;
    // First what is in its cgroups: it holds the channels open.
    await home.remove(id);
    await this.#drained;
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  #watchExit(): Promise<Exit> {
    return new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#hasExited = true;
        resolve({ code, signal, atNs: now() });
      };
      this.#child.once('exit', ended);
      this.#child.once('error', (error) => {
        this.#stderr += `${error.message}\n`;
        ended(null, null);
      });
    });
  }
}

function commandOf({ runtime, home, bundle, id }: ContainerLaunch): string[] {
  const kept = String(firstFreeDescriptor - descriptors.marks);
  return [
    ...[runtime.binary, '--root', home.stateRoot],
    ...['run', '--bundle', bundle, '--preserve-fds', kept, id],
  ];
}
