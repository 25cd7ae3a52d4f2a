/** How fast a guest runs on this host's KVM: instructions a second of a loop in the tiny guest. */
import { msBetween, now } from '../clock.js';
import type { Context } from '../context.js';
import { messageOf } from '../errors.js';
import { resolveFirmware } from '../host/firmware.js';
import { judgeKvmSpeed, type KvmSpeed } from '../host/kvm-speed.js';
import type { Qemu } from '../host/qemu.js';
import { guestCodes } from '../marks.js';
import type { MachineSpec } from '../qemu/command.js';
import { Dialogue, within } from '../qemu/dialogue.js';
import { burnFrame } from '../qemu/frames.js';
import type { Machine } from '../qemu/machine.js';
import { plainBoot } from './plain-boot.js';

const instructionsPerIteration = 2;
const firstThousands = 50;
/** Long enough for the guest's loop to outweigh the round trip, on hardware too. */
const enoughMs = 20;
const mostThousands = 1_000_000;
const limitMs = 30_000;

/** Never throws: a host whose KVM cannot run the guest is told by `why`. */
export async function measureKvmSpeed(
  qemu: Qemu,
  kernel: string,
  context: Context,
): Promise<KvmSpeed> {
  try {
    const spec = await speedSpec(qemu, kernel);
    const dialogue = new Dialogue();
    await using machine = plainBoot(qemu.binary, spec, dialogue, context);
    const limit = AbortSignal.any([context.signal, AbortSignal.timeout(limitMs)]);
    return judgeKvmSpeed(await within(machine, burn(machine, dialogue), limit));
  } catch (error) {
    return { state: 'unmeasured', why: messageOf(error) };
  }
}

/** The least firmware there is: SeaBIOS takes seconds where KVM emulates. */
async function speedSpec(qemu: Qemu, kernel: string): Promise<MachineSpec> {
  const qboot = await resolveFirmware(qemu, 'microvm', 'qboot');
  return {
    accel: 'kvm',
    machine: qemu.machines.includes('microvm') ? 'microvm' : 'pc',
    cpu: 'host',
    memoryMiB: 32,
    vcpus: 1,
    firmware: qboot.state === 'found' ? qboot.path : undefined,
    kernel,
    initramfs: undefined,
    commandLine: '',
    dataDirectories: qemu.besideDirectories,
    devices: [],
    frames: 'short',
  };
}

async function burn(machine: Machine, dialogue: Dialogue): Promise<number> {
  await dialogue.wait(guestCodes.BASE);
  for (let thousands = firstThousands; ; thousands *= 10) {
    const burnt = dialogue.wait(guestCodes.BURNT);
    const startNs = now();
    machine.sendToGuest(burnFrame(thousands));
    const ms = msBetween(startNs, await burnt);
    if (ms >= enoughMs || thousands >= mostThousands) {
      return (thousands * 1000 * instructionsPerIteration) / (ms / 1000);
    }
  }
}
