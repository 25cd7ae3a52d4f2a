/** What a kernel measures of its clocks on this host: one boot of the cell's machine, read from its log. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { Qemu } from '../host/qemu.js';
import { guestCodes } from '../marks.js';
import { measuredArguments, type MeasuredName } from '../measured-arguments.js';
import type { MachineSpec } from '../qemu/command.js';
import { Dialogue, timeLimit, within } from '../qemu/dialogue.js';
import { goFrame } from '../qemu/frames.js';
import type { Machine } from '../qemu/machine.js';
import { contentKey, type Cache } from './cache.js';
import { faultOf } from './cell-fault.js';
import { plainBoot } from './plain-boot.js';

export type MeasuredValues = Readonly<Partial<Record<MeasuredName, string>>>;

/** What a measurement is of. */
export interface ClockInputs {
  /** Without the arguments whose values are asked for. */
  readonly spec: MachineSpec;
  readonly qemu: Qemu;
  readonly kernelSha256: string;
  readonly initramfsSha256: string | undefined;
  /** The fingerprint of its facts. */
  readonly host: string;
  readonly timeoutMs: number;
}

/**
 * Measured once for a machine on this host, so that a run that is continued, or made again, has the same.
 *
 * @throws CellFault where the guest does not come to tell its log, or its log does not have a value
 */
export async function readyClock(
  inputs: ClockInputs,
  wanted: readonly MeasuredName[],
  cache: Cache,
  context: Context,
): Promise<MeasuredValues> {
  try {
    const { path } = await cache.folder('clocks', clockKey(inputs), async (folder) => {
      await writeFile(join(folder, 'log'), await bootForLog(inputs, context));
    });
    return valuesOf(await readFile(join(path, 'log'), 'utf8'), wanted);
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw faultOf('cannot measure kernel arguments', error);
  }
}

function clockKey({ spec, qemu, kernelSha256, initramfsSha256, host }: ClockInputs): string {
  const { accel, machine, cpu, memoryMiB, vcpus, commandLine, devices } = spec;
  return contentKey({
    ...{ format: 1, machine: [accel, machine, cpu, memoryMiB, vcpus, commandLine, devices] },
    ...{ qemu: qemu.sha256, kernelSha256, initramfsSha256, host },
  });
}

function valuesOf(log: string, wanted: readonly MeasuredName[]): MeasuredValues {
  const found = wanted.map((name) => {
    const { value, holds } = measuredArguments[name];
    const told = value(log);
    if (told === undefined) {
      throw new Error(`the kernel's log does not tell {${name}}, its ${holds}`);
    }
    return [name, told];
  });
  return Object.fromEntries(found) as MeasuredValues;
}

/** Hears the guest's log. */
class LogDialogue extends Dialogue {
  #told: (text: string) => void = () => undefined;
  readonly told = new Promise<string>((resolve) => {
    this.#told = resolve;
  });

  log(text: string): void {
    this.#told(text);
  }
}

async function bootForLog(
  { spec, qemu, timeoutMs }: ClockInputs,
  context: Context,
): Promise<string> {
  const dialogue = new LogDialogue();
  await using machine = plainBoot(qemu.binary, spec, dialogue, context);
  return await within(machine, talk(machine, dialogue), timeLimit(timeoutMs, context.signal));
}

async function talk(machine: Machine, dialogue: LogDialogue): Promise<string> {
  const atBase = dialogue.wait(guestCodes.BASE);
  await machine.qmp.execute('qmp_capabilities');
  await atBase;
  const untold = { reseed: false, hwrng: false, observeMs: 0, workingSetMiB: 0 };
  const go = { ...untold, identity: 0n, seed: randomBytes(32), log: true };
  machine.sendToGuest(goFrame(go, 'long'));
  return dialogue.told;
}
