/**
 * One start of one cell: spawn, marks, proof, resources, quit. Everything that can end it (a mark,
 * an exit, a guest's error, the time limit, Ctrl-C) meets in one race; nothing polls or sleeps.
 */
import { randomBytes } from 'node:crypto';

import { msBetween, now } from '../clock.js';
import { endOf, withNonce, type ConsoleReady } from '../ends.js';
import { InterruptedError, messageOf } from '../errors.js';
import { identityWays, type IdentityName } from '../identity.js';
import { guestCodes, markProblem, marks, type MarkName, type Marks } from '../marks.js';
import { requiredMarks, tiers, type TierName } from '../tiers.js';
import { ConsoleWatch } from '../qemu/console-watch.js';
import type { Drawn, Observed } from '../qemu/evidence.js';
import { goFrame, guestId, type Answer, type FrameLength, type Go } from '../qemu/frames.js';
import { evidenceOf, lastWords } from '../qemu/last-words.js';
import type { MarkListener } from '../qemu/mark-stream.js';
import { QmpClosed } from '../qemu/qmp.js';
import type { Running } from '../qemu/running.js';
import { alone, type Company } from './company.js';
import { insideTimes } from './inside.js';
import { readGuestRam } from './guest-ram.js';
import { readUsage } from './usage.js';
import { bootTrace } from './boot/boot-trace.js';
import { BootWatch } from './boot/boot-watch.js';
import type { Symbols } from './boot/symbols.js';
import type { GuestRam, Outcome, Usage } from './sample.js';
import { Witness } from './witness.js';

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

/**
 * Runs one start. Only an interrupt throws; all other trouble is a failed outcome.
 *
 * @param company of the starts that are made together with this one
 */
export async function startOnce(
  spec: StartSpec,
  sequence: TierSequence,
  interrupt: AbortSignal,
  company = alone,
): Promise<Outcome> {
  const start = new Start(spec);
  const limit = new TimeLimit(spec.timeoutMs, interrupt);
  try {
    return await runStart(start, sequence, limit, company);
  } finally {
    limit.clear();
    company.leave();
  }
}

async function runStart(
  start: Start,
  sequence: TierSequence,
  limit: TimeLimit,
  company: Company,
): Promise<Outcome> {
  let machine: Running | undefined;
  try {
    const begin = await start.spec.prepare();
    await using running = await company.begin((startNs) => begin(start, startNs));
    machine = running;
    start.machine = running;
    const ends = [running.unexpectedExit(), start.broken.promise, limit.expired];
    const complete = Promise.all([sequence(start), start.ended.promise]);
    await Promise.race([complete.catch(preferExit(running)), ...ends]);
    const answer = proven(start);
    limit.pause();
    await Promise.race([company.rest(), ...ends]);
    const stamps = running.stamps();
    const look = company.isLookedAt ? await lookAt(start, running, [stamps], ends) : unseen;
    const observation = await Promise.race([observationOf(start), ...ends]);
    const boot = await Promise.race([bootOf(start), ...ends]);
    await Promise.race([company.lookedAt(), ...ends]);
    limit.resume();
    await quit(start, running, limit.expired);
    const inside = insideTimes(start, await Promise.race([stamps, limit.expired]));
    const problem = markProblem(start.marks, start.required);
    if (problem !== undefined) throw new StartFailure(problem);
    return {
      ...{ state: 'ok', marks: start.marks, ...inside, ...look },
      ...{ guestId: answer === undefined ? '' : guestId(answer), observation, boot },
    };
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return failed(start, machine, error);
  }
}

/** Of a start whose process is not looked at. */
const unseen = { usage: {}, guestRam: undefined };

/** @param before what else is to be there before the process may end */
async function lookAt(
  { spec }: Start,
  running: Running,
  before: readonly Promise<unknown>[],
  ends: readonly Promise<never>[],
): Promise<{ readonly usage: Partial<Usage>; readonly guestRam: GuestRam | undefined }> {
  const pid = await Promise.race([running.pid, ...ends]);
  const usage = await readUsage(pid);
  const guestRam = spec.ramMiB === 0 ? undefined : await readGuestRam(pid, spec.ramMiB);
  await Promise.race([Promise.all(before), ...ends]);
  return { usage, guestRam };
}

/** A monitor that closes is the sign of an exit: waits for the exit, which says more. */
function preferExit(machine: Running): (error: unknown) => Promise<never> {
  return (error) => {
    if (error instanceof QmpClosed) return machine.unexpectedExit();
    throw error;
  };
}

/** @throws StartFailure where a guest that was to be observed told nothing */
async function observationOf({ spec, machine, marks, witness }: Start) {
  if (spec.observeMs === 0) return undefined;
  const generation =
    spec.identity === 'vmgenid' ? await machine.qmp.execute('query-vm-generation-id') : {};
  const { guid = '' } = generation as { readonly guid?: string };
  const fromNs = machine.startNs + BigInt(Math.round((marks.resumed ?? 0) * 1e6));
  const observation = witness.observation(fromNs, guid.replaceAll('-', ''));
  if (observation === undefined) throw new StartFailure('the guest did not tell of itself');
  return observation;
}

/** @throws Error where a boot that was traced did not tell all that is needed */
async function bootOf({ spec, boot, machine, marks }: Start) {
  if (spec.traced === undefined) return undefined;
  return bootTrace(boot, machine.startNs, marks.init ?? 0, await spec.traced());
}

async function quit(start: Start, machine: Running, expired: Promise<never>): Promise<void> {
  machine.quit();
  const exit = await Promise.race([machine.exited, expired]);
  if (exit.code !== 0) {
    throw new StartFailure(
      `${machine.program} ended with ${exit.signal ?? String(exit.code)} when asked to quit`,
    );
  }
  start.stamp('exit', exit.atNs);
}

/**
 * The answer, if it proves that the guest is what the tier says it is. That on a console was held
 * against this start's number when it came.
 */
function proven(start: Start): Answer | undefined {
  const { answered, go, spec } = start;
  if (spec.ready !== undefined) return undefined;
  if (answered === undefined) throw new StartFailure('the guest said "work" without an answer');
  const expected: readonly (readonly [string, bigint | number, bigint | number])[] = [
    ['template nonce', answered.nonce, spec.proof.nonce],
    ['frame counter', answered.counter, spec.proof.counter],
    ['identity', answered.identity, go.identity],
    ['touched bytes', answered.touchedBytes, BigInt(spec.workingSetMiB) << 20n],
  ];
  for (const [what, got, wanted] of expected) {
    if (got !== wanted) {
      throw new StartFailure(
        `not a true ${spec.tier}: the guest's ${what} is ${got.toString(16)}, expected ${wanted.toString(16)}`,
      );
    }
  }
  if (answered.random.every((byte) => byte === 0)) {
    throw new StartFailure('the guest returned zeros for random bytes');
  }
  return answered;
}

/** What the console should have shown for that mark. */
function awaited({ ready }: StartSpec, missing: MarkName): string {
  const pattern = missing === 'line' ? ready?.line : ready?.ask?.answer;
  if (pattern === undefined || (missing !== 'line' && missing !== 'ready')) return '';
  return `, for which no line of the console matched /${pattern}/`;
}

function failed(start: Start, machine: Running | undefined, error: unknown): Outcome {
  const missing = start.required.find((name) => start.marks[name] === undefined);
  const where =
    missing === undefined ? '' : ` before mark "${missing}"${awaited(start.spec, missing)}`;
  const words = machine === undefined ? '' : lastWords(machine);
  const failure = `${messageOf(error)}${where}${words === '' ? '' : `: ${words}`}`;
  const evidence =
    machine === undefined ? '' : evidenceOf(machine, `marks: ${JSON.stringify(start.marks)}`);
  return { state: 'failed', failure, marks: start.marks, evidence };
}

/** Rejects a start that takes too long, and at an interrupt. What it waits for others does not count. */
class TimeLimit {
  readonly #expiry = deferred<never>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly interrupt: AbortSignal,
  ) {
    this.expired.catch(() => undefined);
    this.resume();
    if (interrupt.aborted) this.#interrupted();
    interrupt.addEventListener('abort', this.#interrupted, { once: true });
  }

  get expired(): Promise<never> {
    return this.#expiry.promise;
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  /** The whole limit, anew. */
  resume(): void {
    this.#timer = setTimeout(() => {
      const text = `time limit of ${this.timeoutMs / 1000} s passed`;
      this.#expiry.reject(new StartFailure(text));
    }, this.timeoutMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.interrupt.removeEventListener('abort', this.#interrupted);
  }

  readonly #interrupted = () => {
    this.#expiry.reject(new InterruptedError());
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
