/**
 * One start of one cell: spawn, marks, proof, resources, quit. Everything that can end it (a mark,
 * an exit, a guest's error, the time limit, Ctrl-C) meets in one race; nothing polls or sleeps.
 */
import { randomBytes } from 'node:crypto';

import { msBetween, now } from '../clock.js';
import { endOf, withNonce, type ConsoleReady } from '../ends.js';
import { identityWays, type IdentityName } from '../identity.js';
import { guestCodes, marks, type MarkName, type Marks } from '../marks.js';
import { requiredMarks, tiers, type TierName } from '../tiers.js';
import { ConsoleWatch } from '../qemu/console-watch.js';
import type { Drawn, Observed } from '../qemu/evidence.js';
import { goFrame, type Answer, type FrameLength, type Go } from '../qemu/frames.js';
import type { MarkListener } from '../qemu/mark-stream.js';
import type { Running } from '../qemu/running.js';
import { BootWatch } from './boot/boot-watch.js';
import type { Symbols } from './boot/symbols.js';
import { Witness } from './witness.js';
import { deferred } from './deferred.js';

/** What a start must prove of itself, so that no tier can pass for another. */
export interface Proof {
  /** The template's nonce, or 0 for a guest that booted. */
  readonly nonce: bigint;
  /** Frames since boot: 1 after a boot, 2 where the template took the seal before. */
  readonly counter: number;
}

export interface StartSpec {
  readonly tier: TierName;
  readonly qemuVersion: string;
  readonly workingSetMiB: number;
  readonly timeoutMs: number;
  readonly identity: IdentityName;
  /** How long the guest tells what makes it itself; 0: not at all. */
  readonly observeMs: number;
  /** Guest RAM whose pages are looked at, to see who shares them; 0: they are not. */
  readonly ramMiB: number;
  readonly proof: Proof;
  /** What the guest takes on its go channel. */
  readonly frames: FrameLength;
  /** Where the boot is traced: names of the kernel's functions, for those it does not know itself. */
  readonly traced: (() => Promise<Symbols>) | undefined;
  /** Of a guest without our PID 1. */
  readonly ready?: ConsoleReady | undefined;
  /**
   * Everything before the start; throws {@link StartFailure} where it cannot succeed. What it
   * returns begins the start, at the given instant where several share one.
   */
  readonly prepare: () => Promise<Begin>;
}

export interface Begin {
  (listener: MarkListener, startNs?: bigint): Running;
  /** Frees what was prepared, where the start is never made. */
  readonly discard?: () => void;
}

const markOfCode: ReadonlyMap<number, MarkName> = new Map([
  [guestCodes.KERNEL, 'kernel'],
  [guestCodes.INIT, 'init'],
  [guestCodes.READY, 'ready'],
  [guestCodes.WORK, 'work'],
]);

/** Why a start failed, when the cause is known to the harness. */
export class StartFailure extends Error {}

/** What one tier does between the spawn and `ready`. */
export type TierSequence = (start: Start) => Promise<void>;

/** The state of a start while it runs; tier sequences drive it. */
export class Start implements MarkListener {
  readonly marks: Marks = {};
  readonly atBase = deferred<undefined>();
  /** The last mark before the exit has come. */
  readonly ended = deferred<undefined>();
  readonly broken = deferred<never>();
  readonly go: Go;
  readonly witness = new Witness();
  readonly boot = new BootWatch();
  readonly logged = deferred<undefined>();
  machine!: Running;
  answered: Answer | undefined;
  /** What the console of a guest without our PID 1 is asked with. */
  readonly consoleNonce = randomBytes(8).toString('hex');
  readonly #watch: ConsoleWatch | undefined;

  constructor(readonly spec: StartSpec) {
    const way = identityWays[spec.identity];
    this.go = {
      identity: randomBytes(8).readBigUInt64LE(),
      seed: randomBytes(32),
      reseed: way.seeds,
      hwrng: way.readsHwrng,
      workingSetMiB: spec.workingSetMiB,
      observeMs: spec.observeMs,
      log: spec.traced !== undefined,
    };
    this.broken.promise.catch(() => undefined);
    const { ready } = spec;
    if (ready === undefined) return;
    this.#watch = new ConsoleWatch(ready, this.consoleNonce, {
      line: (atNs) => {
        this.#sawLine(atNs);
      },
      answer: (atNs) => {
        this.#sawAnswer(atNs);
      },
    });
  }

  get required(): readonly MarkName[] {
    return requiredMarks(this.spec.tier, endOf(this.spec.ready));
  }

  /** Resolves when everything that is sent before `ready` can be. */
  async connected(): Promise<void> {
    await this.machine.connected;
    if (this.spec.ready !== undefined) await this.machine.consoleConnected;
  }

  stamp(name: MarkName, atNs = now()): void {
    this.marks[name] ??= msBetween(this.machine.startNs, atNs);
  }

  /** To a guest without our PID 1, the question on its console that stands for it. */
  sendGo(): void {
    const { ready } = this.spec;
    if (ready === undefined) this.machine.sendToGuest(goFrame(this.go, this.spec.frames));
    else if (ready.ask !== undefined) {
      this.machine.sendToConsole(withNonce(ready.ask.send, this.consoleNonce));
    }
  }

  mark(code: number, atNs: bigint): void {
    this.boot.mark(code, atNs);
    const name = markOfCode.get(code);
    if (this.spec.ready !== undefined) {
      this.#markBesideConsole(name, atNs);
      return;
    }
    if (name !== undefined) this.#stampInOrder(name, atNs);
    if (code === guestCodes.BASE) this.atBase.resolve(undefined);
    if (code === guestCodes.WORK) this.ended.resolve(undefined);
  }

  /** A kernel that says it has started shows the way there, and that it was not restored. */
  #markBesideConsole(name: MarkName | undefined, atNs: bigint): void {
    if (name !== 'kernel' && name !== 'init') return;
    if (tiers[this.spec.tier].needsTemplate) this.#wasBooted();
    else this.stamp(name, atNs);
  }

  #wasBooted(): void {
    const { tier } = this.spec;
    this.broken.reject(new StartFailure(`not a true ${tier}: the guest booted`));
  }

  #sawLine(atNs: bigint): void {
    if (this.marks.ready !== undefined) return;
    if (tiers[this.spec.tier].needsTemplate) {
      this.#wasBooted();
      return;
    }
    this.stamp('line', atNs);
    this.atBase.resolve(undefined);
    if (this.spec.ready?.ask === undefined) this.#becomeReady(atNs);
  }

  /** Nobody was asked before the ready line, or before the clone was told to go on. */
  #sawAnswer(atNs: bigint): void {
    const { line, resumed } = this.marks;
    if (line !== undefined || resumed !== undefined) this.#becomeReady(atNs);
  }

  #becomeReady(atNs: bigint): void {
    this.stamp('ready', atNs);
    this.ended.resolve(undefined);
  }

  console(chunk: Buffer, atNs: bigint): void {
    this.#watch?.feed(chunk, atNs);
  }

  /** Marks in one read share an instant, so their order is checked as they come. */
  #stampInOrder(name: MarkName, atNs: bigint): void {
    const { required } = this;
    for (const cause of marks[name].after) {
      if (!required.includes(cause) || this.marks[cause] !== undefined) continue;
      const { whenMissing } = marks[cause];
      const hint = whenMissing === '' ? '' : ` (${whenMissing})`;
      const text = `mark "${name}" came without "${cause}" before it${hint}`;
      this.broken.reject(new StartFailure(text));
    }
    this.stamp(name, atNs);
  }

  drawn(drawn: Drawn, atNs: bigint): void {
    this.witness.drew(drawn, atNs, this.marks.ready !== undefined);
  }

  observed(observed: Observed): void {
    this.witness.saw(observed);
  }

  answer(answer: Answer): void {
    this.answered = answer;
  }

  log(text: string): void {
    this.boot.log = text;
    this.logged.resolve(undefined);
  }

  printed(line: string, atNs: bigint): void {
    this.boot.printed(line, atNs);
  }

  said(text: string, atNs: bigint): void {
    this.boot.said(text, atNs);
  }

  error(text: string): void {
    this.broken.reject(new StartFailure(`the guest gave up: ${text}`));
  }
}
