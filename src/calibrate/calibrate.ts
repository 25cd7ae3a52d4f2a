/** Takes a calibration: one probe after another, outside every measured interval. */
import { InterruptedError, messageOf } from '../errors.js';
import type { Calibration, CalibrationEntry } from './entry.js';

/** One part of the observer. */
export interface Probe {
  readonly label: string;
  /** Gives up, and ends what it started, when the signal fires. */
  readonly measure: (signal: AbortSignal) => Promise<CalibrationEntry>;
}

const probeLimitMs = 10_000;

/**
 * A probe that fails is an entry that says why.
 *
 * @throws InterruptedError when the signal fires
 */
export async function takeCalibration(
  probes: readonly Probe[],
  interrupt: AbortSignal,
  limitMs = probeLimitMs,
): Promise<Calibration> {
  const takenAt = new Date().toISOString();
  const entries: CalibrationEntry[] = [];
  for (const probe of probes) entries.push(await takeOne(probe, interrupt, limitMs));
  return { takenAt, entries };
}

async function takeOne(
  { label, measure }: Probe,
  interrupt: AbortSignal,
  limitMs: number,
): Promise<CalibrationEntry> {
  refuseInterrupted(interrupt);
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new Error(`no answer within ${limitMs / 1000} s`));
  }, limitMs);
  try {
    return await measure(AbortSignal.any([interrupt, limit.signal]));
  } catch (error) {
    refuseInterrupted(interrupt);
    const why = messageOf(limit.signal.aborted ? limit.signal.reason : error);
    return { state: 'unmeasured', label, why };
  } finally {
    clearTimeout(timer);
  }
}

function refuseInterrupted(interrupt: AbortSignal): void {
  if (interrupt.aborted) throw new InterruptedError();
}

/** The promise's outcome, or the signal's reason if that comes first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Outcomes of what is done so often, one after the other. */
export async function repeatedly<T>(count: number, once: () => Promise<T>): Promise<readonly T[]> {
  const values: T[] = [];
  while (values.length < count) values.push(await once());
  return values;
}
