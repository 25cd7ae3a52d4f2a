/** A clone that is asked for and nothing else: from the request to the base point's answer. */
import { msBetween, now } from '../clock.js';
import { CloneSeat } from '../qemu/clone.js';
import type { Machine } from '../qemu/machine.js';
import { repeatedly, unlessAborted, type Probe } from './calibrate.js';
import { measuredEntry } from './entry.js';

const label = "a clone request, until the base point's answer";

/** @param base throws, or says, why there is no base point to ask */
export function cloneRequestProbe(base: () => Promise<Machine>, count: number): Probe {
  return {
    label,
    measure: async (signal) => {
      const machine = await unlessAborted(base(), signal);
      return measuredEntry(label, await repeatedly(count, () => cloneOnce(machine, signal)));
    },
  };
}

async function cloneOnce(base: Machine, signal: AbortSignal): Promise<number> {
  const seat = await CloneSeat.prepare(base, false);
  const ignored = () => undefined;
  await using clone = seat.begin({ mark: ignored, answer: ignored, error: ignored });
  await unlessAborted(Promise.race([clone.pid, clone.unexpectedExit()]), signal);
  const ms = msBetween(clone.startNs, now());
  // It is ended only when it is whole: the next request must not meet its end.
  await unlessAborted(Promise.race([clone.connected, clone.unexpectedExit()]), signal);
  return ms;
}
