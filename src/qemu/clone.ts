/**
 * A clone of a base point. It connects its channels back to a socket of ours, in the order in which
 * the request names them: one listener takes them all, and tells them apart by that order.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { now } from '../clock.js';
import { descriptors } from './command.js';
import type { Machine } from './machine.js';
import { MarkStream, type MarkListener } from './mark-stream.js';
import { Qmp } from './qmp.js';
import { MachineExit, type Exit, type InsideStamps, type Running } from './running.js';

const killedWithinMs = 5000;

/**
 * All that sockaddr_un holds: older versions of Node.js fill a shorter abstract name up with NULs,
 * and then nobody finds it by the name it was given.
 */
const abstractNameBytes = 107;

/** Everything of a clone that is made before its start: a name, and a socket that listens. */
export class CloneSeat {
  private constructor(
    private readonly base: Machine,
    private readonly id: string,
    private readonly server: Server,
    private readonly channels: readonly string[],
  ) {}

  /** @param loads whether the clone loads a template itself, and so needs its own offset in it */
  static async prepare(base: Machine, loads: boolean): Promise<CloneSeat> {
    const id = randomUUID();
    // Abstract, so that no file can stay behind; its name cannot be guessed.
    const name = `basepoint-${id}`.padEnd(abstractNameBytes, '-');
    const server = createServer();
    server.listen(`\0${name}`);
    await once(server, 'listening');
    const connected = [descriptors.monitor, descriptors.marks, descriptors.go, descriptors.console];
    const channels = connected.map((fd) => `fd:${fd}=connect:@${name}`);
    const state = loads ? [`fd:${descriptors.state}=reopen`] : [];
    return new CloneSeat(base, id, server, [...channels, ...state]);
  }

  /** Where the clone is never asked for. */
  discard(): void {
    this.server.close();
  }

  /**
   * Asks for the clone: this instant is the start of the start.
   *
   * @param startNs where several are asked for at one instant: that instant
   */
  begin(listener: MarkListener, startNs?: bigint): Clone {
    return new Clone(this.base, this.id, this.server, this.channels, listener, startNs);
  }
}

export class Clone implements Running {
  readonly program = 'QEMU';
  readonly startNs: bigint;
  readonly connected: Promise<void>;
  readonly consoleConnected: Promise<void>;
  readonly pid: Promise<number>;
  readonly exited: Promise<Exit>;
  readonly #sockets: Socket[] = [];
  readonly #markStream: MarkStream;
  readonly #refused: Promise<never>;
  #qmp: Qmp | undefined;
  #console = '';
  /** It was made and has not ended, or may yet be made. */
  #alive = true;

  constructor(
    private readonly base: Machine,
    private readonly id: string,
    private readonly server: Server,
    channels: readonly string[],
    listener: MarkListener,
    startNs: bigint | undefined,
  ) {
    this.#markStream = new MarkStream(listener);
    let allConnected!: () => void;
    this.consoleConnected = new Promise((resolve) => (allConnected = resolve));
    this.connected = new Promise((resolve) => {
      server.on('connection', (socket) => {
        const place = this.#take(socket, listener);
        if (place === 3) resolve();
        if (place === 4) allConnected();
      });
    });
    let refuse!: (error: Error) => void;
    let ended!: (exit: Exit) => void;
    let cloned!: (pid: number) => void;
    this.#refused = new Promise<never>((_, reject) => (refuse = reject));
    this.#refused.catch(() => undefined);
    this.exited = new Promise((resolve) => (ended = resolve));
    this.pid = new Promise((resolve) => (cloned = resolve));
    const asked = {
      cloned,
      refused: (error: Error) => {
        this.#alive = false;
        refuse(error);
      },
      exited: (exit: Exit) => {
        this.#alive = false;
        ended(exit);
      },
    };
    if (base.control === undefined) throw new Error('the base point has no control channel');
    if (startNs !== undefined) base.control.gather();
    this.startNs = startNs ?? now();
    base.control.clone(id, channels, asked);
  }

  /** Returns the channel's place in the order. */
  #take(socket: Socket, listener: MarkListener): number {
    const place = this.#sockets.push(socket);
    socket.on('error', () => undefined);
    if (place === 1) this.#qmp = new Qmp(socket, this.base.qmp.begun);
    if (place === 2) socket.on('data', (chunk: Buffer) => this.#markStream.feed(chunk, now()));
    if (place === 3) socket.resume();
    if (place === 4)
      socket.on('data', (chunk: Buffer) => {
        listener.console?.(chunk, now());
        this.#console += chunk.toString('latin1');
      });
    return place;
  }

  get qmp(): Qmp {
    if (this.#qmp === undefined) throw new Error('the clone has not connected');
    return this.#qmp;
  }

  get command(): string {
    return `clone ${this.id} of: ${this.base.command}`;
  }

  get stderr(): string {
    return this.base.stderr;
  }

  get consoleText(): string {
    return this.#markStream.text + this.#console;
  }

  sendToGuest(frame: Buffer): void {
    this.#sockets[2]?.write(frame);
  }

  sendToConsole(text: string): void {
    this.#sockets[3]?.write(text);
  }

  quit(): void {
    void this.qmp.execute('quit');
  }

  async unexpectedExit(): Promise<never> {
    const exit = await Promise.race([this.exited, this.#refused]);
    throw new MachineExit(exit);
  }

  stamps(): Promise<InsideStamps | undefined> {
    return this.base.control?.stamps(this.id) ?? Promise.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    if (this.#alive) {
      this.base.control?.kill(this.id);
      await Promise.race([
        this.exited,
        this.#refused.catch(() => undefined),
        waited(killedWithinMs),
      ]);
    }
    for (const socket of this.#sockets) socket.destroy();
  }
}

function waited(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
