/** A QEMU that was started in whatever way, as a start sees it. */
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
  /** Usable once connected. */
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
  constructor(readonly exit: Exit) {
    super(describeExit(exit));
    this.name = 'MachineExit';
  }
}

function describeExit(exit: Exit): string {
  if (exit.signal !== null) return `QEMU was killed by ${exit.signal}`;
  if (exit.code === null) return 'QEMU could not be started';
  return `QEMU exited with code ${exit.code}`;
}
