/**
 * Runs one start to its outcome: in one race of the tier's sequence, an exit, a guest's error, the time
 * limit and an interrupt; then proof, resources, quit.
 */

import { InterruptedError, messageOf } from '../errors.js';
import { markProblem, type MarkName } from '../marks.js';
import { guestId, type Answer } from '../qemu/frames.js';
import { evidenceOf, lastWords } from '../qemu/last-words.js';
import { QmpClosed } from '../qemu/qmp.js';
import type { Running } from '../qemu/running.js';
import { alone, type Company } from './company.js';
import { insideTimes } from './inside.js';
import { readGuestRam } from './guest-ram.js';
import { readUsage } from './usage.js';
import { bootTrace } from './boot/boot-trace.js';
import type { GuestRam, Outcome, Usage } from './sample.js';
import { Start, StartFailure, type StartSpec, type TierSequence } from './start.js';
import { TimeLimit } from './time-limit.js';

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
    limit.resume();
    const stamps = running.stamps();
    const look = company.isLookedAt ? await lookAt(start, running, [stamps], ends) : unseen;
    const observation = await Promise.race([observationOf(start), ...ends]);
    const boot = await Promise.race([bootOf(start), ...ends]);
    limit.pause();
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
