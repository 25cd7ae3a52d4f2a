/** A start of tier `floor`: the same start and end as the others, as far as there are any. */
import { msBetween } from '../clock.js';
import { InterruptedError, messageOf } from '../errors.js';
import type { Floor } from '../qemu/floor.js';
import type { Outcome } from './sample.js';

export async function floorOnce(
  floor: Floor | undefined,
  timeoutMs: number,
  interrupt: AbortSignal,
): Promise<Outcome> {
  if (floor === undefined) throw new Error('no floor program was prepared');
  try {
    const signal = AbortSignal.any([interrupt, AbortSignal.timeout(timeoutMs)]);
    const { startNs, readyNs } = await floor.start(signal);
    const ready = msBetween(startNs, readyNs);
    return { state: 'ok', marks: { ready }, usage: {}, stages: {}, insideMarks: {}, guestId: '' };
  } catch (error) {
    if (interrupt.aborted) throw new InterruptedError();
    return { state: 'failed', failure: messageOf(error), marks: {}, evidence: '' };
  }
}
