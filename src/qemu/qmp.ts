/**
 * A QMP client over an open stream: newline-framed JSON, commands answered in order, events.
 *
 * Commands may be written before QEMU has greeted: its monitor reads them when it gets there, so
 * nothing in a measured interval waits for a round trip that is not needed.
 */
import type { Duplex } from 'node:stream';

export class QmpError extends Error {
  constructor(
    readonly command: string,
    readonly errorClass: string,
    description: string,
  ) {
    super(`QMP command "${command}" failed: ${description}`);
    this.name = 'QmpError';
  }
}

/** The connection ended; most often because QEMU did, and that is what to report. */
export class QmpClosed extends Error {}

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Message = Record<string, unknown>;

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}

export interface Command {
  readonly command: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

function textOf(command: string, args: Command['args']): string {
  return `${JSON.stringify({ execute: command, arguments: args })}\n`;
}

export class Qmp {
  #rest = '';
  #begun: string;
  #closed: Error | undefined;
  /** QEMU answers in the order of the commands: out-of-band execution is never negotiated. */
  readonly #pending: Pending[] = [];
  readonly #listeners = new Set<(event: QmpEvent) => void>();

  /**
   * @param begun what the monitor has been sent of its next command: a clone's, before it was forked
   */
  constructor(
    private readonly stream: Duplex,
    begun = '',
  ) {
    this.#begun = begun;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#receive(text);
    });
    stream.on('error', (error: Error) => {
      this.#close(new QmpClosed(error.message));
    });
    stream.on('close', () => {
      this.#close(new QmpClosed('the monitor closed its connection'));
    });
  }

  /**
   * Sends one command.
   *
   * @returns QEMU's `return` value.
   * @throws QmpError when QEMU refuses; Error when the monitor goes away first.
   */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    const text = textOf(command, args);
    if (!text.startsWith(this.#begun)) {
      return Promise.reject(
        new Error('the monitor has been sent the beginning of another command'),
      );
    }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.push({ command, resolve, reject });
    });
    // A start that fails for another reason abandons its commands; that is not a second failure.
    answer.catch(() => undefined);
    // No id: QEMU reads its monitor a byte at a time, at some 4 us each, most of them system calls.
    this.stream.write(text.slice(this.#begun.length));
    this.#begun = '';
    return answer;
  }

  /** All of the next command but its end, which whoever is forked from this QEMU sends. */
  get begun(): string {
    return this.#begun;
  }

  begin({ command, args }: Command): void {
    this.#begun = textOf(command, args).slice(0, -'}\n'.length);
    this.stream.write(this.#begun);
  }

  /** Calls back for every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first event the predicate accepts. Register it before its cause. */
  waitEvent(accept: (event: QmpEvent) => boolean): Promise<QmpEvent> {
    return new Promise((resolve) => {
      const stop = this.onEvent((event) => {
        if (!accept(event)) return;
        stop();
        resolve(event);
      });
    });
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') this.#handleLine(line);
    }
  }

  #handleLine(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.#close(new Error(`the monitor sent what is not JSON: ${line.slice(0, 200)}`));
      return;
    }
    if (isObject(message)) this.#dispatch(message);
  }

  #dispatch(message: Message): void {
    if (typeof message['event'] === 'string') {
      const data = isObject(message['data']) ? message['data'] : {};
      for (const listener of [...this.#listeners]) listener({ event: message['event'], data });
      return;
    }
    if (!('return' in message) && !('error' in message)) return; // the greeting
    const pending = this.#pending.shift();
    if (pending === undefined) return;
    const failure = message['error'];
    if (isObject(failure)) {
      const { class: errorClass, desc } = failure;
      pending.reject(new QmpError(pending.command, String(errorClass), String(desc)));
    } else {
      pending.resolve(message['return']);
    }
  }

  #close(error: Error): void {
    this.#closed ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#closed);
  }
}
