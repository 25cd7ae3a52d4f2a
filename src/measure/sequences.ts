/** What each tier does between the spawn and `ready`, as docs/method.md defines it. */
import type { QmpEvent } from '../qemu/qmp.js';
import type { TierName } from '../tiers.js';
import { StartFailure, type Start, type TierSequence } from './start.js';
import { descriptors } from '../qemu/command.js';

/** QEMU starts and the guest boots to its base point, where it gets its go at once. */
const coldSequence: TierSequence = async (start) => {
  const sent = start.atBase.promise.then(() => {
    start.sendGo();
  });
  await Promise.all([answered(start), sent]);
};

/** QEMU starts and loads the template's device state; its RAM is mapped, not read. */
const restoreSequence: TierSequence = async (start) => {
  const { qmp } = start.machine;
  const loaded = qmp.waitEvent(loadHasEnded);
  // All commands are written at once: QEMU takes them in order, and no round trip is paid for.
  const negotiated = answered(start);
  const asked = loadState(start);
  const ended = await Promise.race([loaded, refusal(negotiated), refusal(asked)]);
  if (ended.data['status'] !== 'completed') throw new StartFailure('QEMU could not load the state');
  // After the load: it would overwrite a byte the serial port had taken earlier.
  start.sendGo();
  start.stamp('resumed');
  await qmp.execute('cont');
};

async function answered(start: Start): Promise<void> {
  await start.machine.qmp.execute('qmp_capabilities');
  start.stamp('vmm_ready');
}

/** Loads the device state from an inherited descriptor: no helper process, and events, no polling. */
async function loadState(start: Start): Promise<void> {
  const { qmp } = start.machine;
  const capabilities = ['events', 'x-ignore-shared'].map((capability) => ({
    capability,
    state: true,
  }));
  await Promise.all([
    qmp.execute('migrate-set-capabilities', { capabilities }),
    qmp.execute('migrate-incoming', { uri: `fd:${descriptors.state}` }),
  ]);
}

function loadHasEnded({ event, data }: QmpEvent): boolean {
  return event === 'MIGRATION' && (data['status'] === 'completed' || data['status'] === 'failed');
}

/** Rejects as the promise does, and otherwise never settles: for a race. */
function refusal(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

export const sequences: Readonly<Record<TierName, TierSequence>> = {
  cold: coldSequence,
  restore: restoreSequence,
};
