/** What was started in whatever way, as a start sees it: a QEMU, or a container. */
import type { Qmp } from './qmp.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** CLOCK_MONOTONIC, ns, when the harness saw it. */
  readonly atNs: bigint;
}

/** Disposing kills what still runs and waits until it is gone. */
export interface Running extends AsyncDisposable {
  /** CLOCK_MONOTONIC, ns: the start of the start. */
  readonly startNs: bigint;
  /** Resolves when monitor and go channel can be used. */
  readonly connected: Promise<void>;
  /** Resolves when the guest's console can be written to, where it has one. */
  readonly consoleConnected: Promise<void>;
  /** What is run, for messages: QEMU, or the container's runtime. */
  readonly program: string;
  /** Usable once connected, where there is a monitor. */
  readonly qmp: Qmp;
  readonly pid: Promise<number>;
  /** For messages and logs. */
  readonly command: string;
  readonly stderr: string;
  /** What the guest printed. */
  readonly consoleText: string;
  /** Resolves when the process is gone, however it ended. Never rejects. */
  readonly exited: Promise<Exit>;
  sendToGuest(frame: Buffer): void;
  /** Types on the guest's console. */
  sendToConsole(text: string): void;
  /** Asks it to end by itself. */
  quit(): void;
  /** Rejects if the process ends, or never comes to be; for a race. */
  unexpectedExit(): Promise<never>;
  /** The stamps that the base-point library took inside the process, where it is loaded. */
  stamps(): Promise<InsideStamps | undefined>;
}

/** CLOCK_MONOTONIC in ns, taken inside the QEMU process. */
export interface InsideStamps {
  /** By the library's stage words; a stage that did not happen is absent. */
  readonly stages: Readonly<Record<string, bigint>>;
  /** The first bytes written to the mark port. */
  readonly marks: readonly { readonly code: number; readonly atNs: bigint }[];
}

export class MachineExit extends Error {
  constructor(
    readonly exit: Exit,
    program = 'QEMU',
  ) {
    super(describeExit(exit, program));
    this.name = 'MachineExit';
  }
}

function describeExit(exit: Exit, program: string): string {
  if (exit.signal !== null) return `${program} was killed by ${exit.signal}`;
  if (exit.code === null) return `${program} could not be started`;
  return `${program} exited with code ${exit.code}`;
}
