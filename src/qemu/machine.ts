/**
 * One QEMU process and its channels, from spawn to reaped. Lifetime is scope: `await using` kills
 * what still runs and waits until it is gone.
 *
 * child_process.spawn, not execa: this is the measured path, and less is better.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';

import { now } from '../clock.js';
import { descriptors, shellQuote } from './command.js';
import { MarkStream, type MarkListener } from './mark-stream.js';
import { Control } from './control.js';
import { Qmp } from './qmp.js';
import { MachineExit, type Exit, type InsideStamps, type Running } from './running.js';

export interface Launch {
  /** basepoint-launch: ties the process's life to ours. */
  readonly launcher: string;
  readonly parentPid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The CPUs it may run on, as a list such as `0-3,8`; empty for the harness's own. */
  readonly cpus?: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Open descriptors for the child's numbers from 7 on; undefined leaves the number closed. */
  readonly files: readonly (number | undefined)[];
  /** Those of `files` opened for this launch alone: closed once the child has them. */
  readonly ownFiles: readonly number[];
  /** Gives QEMU a control channel at its own number, for the preloaded base-point library. */
  readonly control: boolean;
  /** Killed before the harness where memory runs out, and so its clones. */
  readonly diesFirst?: boolean;
  /** Without transparent huge pages, and so its clones. */
  readonly noThp?: boolean;
}

const endedWithinMs = 5000;

function soon(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

const keptOutputBytes = 64 * 1024;

/** The end of what a stream said, for the evidence attached to a failure. */
class Tail {
  text = '';
  constructor(stream: Readable, heard?: (text: string) => void) {
    stream.on('data', (chunk: Buffer) => {
      heard?.(chunk.toString('latin1'));
      this.text = (this.text + chunk.toString('latin1')).slice(-keptOutputBytes);
    });
    stream.on('error', () => undefined);
  }
}

/** What tells basepoint-launch the CPUs; nothing where it is to leave them as they are. */
export function pinArguments(cpus: string): readonly string[] {
  return cpus === '' ? [] : ['--cpus', cpus];
}

export class Machine implements Running {
  readonly program = 'QEMU';
  readonly #child: ChildProcess;
  readonly #stderr: Tail;
  readonly #console: Tail;
  readonly #consoleInput: Duplex;
  readonly #go: Duplex;
  readonly #markStream: MarkStream;
  readonly qmp: Qmp;
  readonly connected = Promise.resolve();
  readonly consoleConnected = Promise.resolve();
  /** Of a QEMU that has the base-point library. */
  readonly control: Control | undefined;
  /** Resolves when the process is gone, however it ended. Never rejects. */
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  /** The process is gone and all it said has been read. */
  readonly #drained: Promise<void>;

  private constructor(
    private readonly launch: Launch,
    /** CLOCK_MONOTONIC, ns, just before the spawn call. */
    readonly startNs: bigint,
    child: ChildProcess,
    listener: MarkListener,
  ) {
    this.#child = child;
    const [, , stderr, monitor, marks, go, console_, , , control] =
      child.stdio as readonly unknown[];
    this.#stderr = new Tail(stderr as Readable, (text) => listener.said?.(text, now()));
    this.#consoleInput = console_ as Duplex;
    this.#console = new Tail(this.#consoleInput);
    this.#consoleInput.on('data', (chunk: Buffer) => listener.console?.(chunk, now()));
    this.#go = go as Duplex;
    this.#go.on('error', () => undefined);
    this.#go.resume();
    this.#markStream = new MarkStream(listener);
    const markChannel = marks as Duplex;
    markChannel.on('data', (chunk: Buffer) => {
      this.#markStream.feed(chunk, now());
    });
    markChannel.on('error', () => undefined);
    this.qmp = new Qmp(monitor as Duplex);
    this.control = launch.control ? new Control(control as Duplex) : undefined;
    this.#drained = new Promise((resolve) => {
      child.once('close', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    this.exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#exit = { code, signal, atNs: now() };
        resolve(this.#exit);
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        this.#stderr.text += `${error.message}\n`;
        ended(null, null);
      });
    });
  }

  /**
   * Starts QEMU. The clock is read first: what `prepare` does (opening the template's state, say)
   * and the spawn call are part of the start.
   *
   * @param startNs where several are asked for at one instant: that instant
   * @throws Error where no process can be made
   */
  static spawn(prepare: () => Launch, listener: MarkListener, startNs = now()): Machine {
    const launch = prepare();
    const files: (number | 'ignore' | 'pipe')[] = launch.files.map((file) => file ?? 'ignore');
    if (launch.control) {
      while (files.length < descriptors.control - descriptors.ram) files.push('ignore');
      files.push('pipe');
    }
    const stdio = [
      ...(['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] as const),
      ...files,
    ];
    const { parentPid, cpus = '', binary } = launch;
    const first = launch.diesFirst === true ? ['--dies-first'] : [];
    const thp = launch.noThp === true ? ['--no-thp'] : [];
    const args = [
      ...first,
      ...thp,
      ...pinArguments(cpus),
      String(parentPid),
      String(stdio.length),
      binary,
      ...launch.args,
    ];
    // A session of its own: Ctrl-C in the terminal goes to the harness, which ends its children.
    const env = { ...launch.env, BASEPOINT_START_NS: String(startNs) };
    const options = { stdio, env, detached: true };
    const child = spawn(launch.launcher, args, options);
    for (const file of launch.ownFiles) closeSync(file);
    // Without a descriptor left Node.js makes no channels; the error comes as an event, later.
    child.on('error', () => undefined);
    if ((child.stdio as unknown) === undefined) throw new Error('no descriptor is left for QEMU');
    return new Machine(launch, startNs, child, listener);
  }

  get pid(): Promise<number> {
    return Promise.resolve(this.#child.pid ?? 0);
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  get command(): string {
    return shellQuote([this.launch.binary, ...this.launch.args]);
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** What the guest printed: its early console on the mark port, then its serial console. */
  get consoleText(): string {
    return this.#markStream.text + this.#console.text;
  }

  sendToGuest(frame: Buffer): void {
    this.#go.write(frame);
  }

  sendToConsole(text: string): void {
    this.#consoleInput.write(text);
  }

  quit(): void {
    void this.qmp.execute('quit');
  }

  /** Rejects if the process ends; for a race. */
  async unexpectedExit(): Promise<never> {
    throw new MachineExit(await this.exited);
  }

  stamps(): Promise<InsideStamps | undefined> {
    return this.control?.stamps('self') ?? Promise.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.control !== undefined && this.#exit === undefined) {
      // The library ends and reaps the clones first, and then QEMU.
      this.control.end();
      await Promise.race([this.exited, soon(endedWithinMs)]);
    }
    if (this.#exit === undefined && this.#child.pid !== undefined) this.#child.kill('SIGKILL');
    await this.#drained;
    for (const stream of this.#child.stdio) stream?.destroy();
  }
}
