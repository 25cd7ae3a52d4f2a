/**
 * The first clone of a base point, thrown away: it tells the library which pages clones come to own
 * (native/basepoint/warm.c), which makes it slower than all that follow. None that is measured is it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as waited } from 'node:timers/promises';

import { withNonce, type ConsoleReady } from '../ends.js';
import { guestCodes } from '../marks.js';
import { CloneSeat, type Clone } from '../qemu/clone.js';
import { Dialogue } from '../qemu/dialogue.js';
import { goFrame, type FrameLength } from '../qemu/frames.js';
import type { Machine } from '../qemu/machine.js';
import { loadArguments, migrationHasEnded } from '../qemu/migration.js';

/** It looks its pages through after the guest's first mark, in about a millisecond. */
const learningMs = 50;

export interface FirstClone {
  /** Version of the QEMU that loads the template, where the base point has not. */
  readonly loadWith: string | undefined;
  readonly frames: FrameLength;
  /** Of a guest without our PID 1. */
  readonly ready?: ConsoleReady | undefined;
}

/** @throws Error with what the clone, its guest or the library said */
export async function makeFirstClone(
  base: Machine,
  { loadWith, frames, ready }: FirstClone,
): Promise<void> {
  const seat = await CloneSeat.prepare(base, loadWith !== undefined);
  const nonce = randomBytes(8).toString('hex');
  const dialogue = new Dialogue(ready, nonce);
  await using clone = seat.begin(dialogue);
  const go = () =>
    ready?.ask === undefined
      ? sendGo(clone, dialogue, frames)
      : ask(clone, dialogue, withNonce(ready.ask.send, nonce));
  await Promise.race([run(clone, loadWith, go), clone.unexpectedExit()]);
  await waited(learningMs);
}

/** @param go sends what the guest waits for, and returns what it answers */
async function run(
  clone: Clone,
  loadWith: string | undefined,
  go: () => Promise<unknown>,
): Promise<void> {
  await clone.connected;
  await clone.consoleConnected;
  if (loadWith !== undefined) await load(clone, loadWith);
  const answered = go();
  await clone.qmp.execute('cont');
  await answered;
}

function ask(clone: Clone, dialogue: Dialogue, question: string): Promise<unknown> {
  const answered = dialogue.wait('answer');
  clone.sendToConsole(question);
  return answered;
}

function sendGo(clone: Clone, dialogue: Dialogue, frames: FrameLength): Promise<unknown> {
  const worked = dialogue.wait(guestCodes.WORK);
  const seed = randomBytes(32);
  const nothing = { reseed: false, workingSetMiB: 0, hwrng: false, observeMs: 0, log: false };
  clone.sendToGuest(goFrame({ identity: 0n, seed, ...nothing }, frames));
  return worked;
}

async function load(clone: Clone, qemuVersion: string): Promise<void> {
  const loaded = clone.qmp.waitEvent(migrationHasEnded);
  await clone.qmp.execute('migrate-incoming', loadArguments(qemuVersion));
  const { data } = await loaded;
  if (data['status'] !== 'completed') throw new Error('a clone could not load the state');
}
