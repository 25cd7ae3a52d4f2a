/**
 * The first clone of a base point, thrown away: it tells the library which pages clones come to own
 * (native/basepoint/warm.c), which makes it slower than all that follow. None that is measured is it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as waited } from 'node:timers/promises';

import { guestCodes } from '../marks.js';
import { CloneSeat, type Clone } from '../qemu/clone.js';
import { Dialogue } from '../qemu/dialogue.js';
import { goFrame, type FrameLength } from '../qemu/frames.js';
import type { Machine } from '../qemu/machine.js';
import { loadArguments, migrationHasEnded } from '../qemu/migration.js';

/** It looks its pages through after the guest's first mark, in about a millisecond. */
const learningMs = 50;

/**
 * @param loadWith version of the QEMU that loads the template, where the base point has not
 * @throws Error with what the clone, its guest or the library said
 */
export async function makeFirstClone(
  base: Machine,
  loadWith: string | undefined,
  frames: FrameLength,
): Promise<void> {
  const seat = await CloneSeat.prepare(base, loadWith !== undefined);
  const dialogue = new Dialogue();
  await using clone = seat.begin(dialogue);
  await Promise.race([run(clone, dialogue, loadWith, frames), clone.unexpectedExit()]);
  await waited(learningMs);
}

async function run(
  clone: Clone,
  dialogue: Dialogue,
  loadWith: string | undefined,
  frames: FrameLength,
): Promise<void> {
  await clone.connected;
  if (loadWith !== undefined) await load(clone, loadWith);
  const worked = dialogue.wait(guestCodes.WORK);
  const seed = randomBytes(32);
  const nothing = { reseed: false, workingSetMiB: 0, hwrng: false, observeMs: 0, log: false };
  clone.sendToGuest(goFrame({ identity: 0n, seed, ...nothing }, frames));
  await clone.qmp.execute('cont');
  await worked;
}

async function load(clone: Clone, qemuVersion: string): Promise<void> {
  const loaded = clone.qmp.waitEvent(migrationHasEnded);
  await clone.qmp.execute('migrate-incoming', loadArguments(qemuVersion));
  const { data } = await loaded;
  if (data['status'] !== 'completed') throw new Error('a clone could not load the state');
}
