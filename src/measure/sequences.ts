/** What each tier does between the spawn and `ready`, as docs/method.md defines it. */
import { now } from '../clock.js';
import { loadArguments, loadCapabilities, migrationHasEnded } from '../qemu/migration.js';
import type { QmpEvent } from '../qemu/qmp.js';
import type { TierName } from '../tiers.js';
import { StartFailure, type Start, type TierSequence } from './start.js';

/** QEMU starts and the guest boots to its base point, where it gets its go at once. */
const coldSequence: TierSequence = async (start) => {
  const sent = start.atBase.promise.then(() => {
    start.sendGo();
  });
  await Promise.all([answered(start, 'qmp_capabilities'), sent]);
};

/** A cold start whose vCPU waits to be told to begin; when it has done its work it tells its log. */
export const tracedSequence: TierSequence = async (start) => {
  const sent = start.atBase.promise.then(() => {
    start.sendGo();
  });
  await answered(start, 'qmp_capabilities');
  start.boot.beganNs = now();
  await Promise.all([start.machine.qmp.execute('cont'), sent, start.logged.promise]);
};

/** QEMU starts and loads the template's device state; its RAM is mapped, not read. */
const restoreSequence: TierSequence = async (start) => {
  const { qmp } = start.machine;
  const loaded = qmp.waitEvent(migrationHasEnded);
  // All commands are written at once: QEMU takes them in order, and no round trip is paid for.
  const negotiated = answered(start, 'qmp_capabilities');
  const allowed = qmp.execute('migrate-set-capabilities', loadCapabilities);
  const asked = qmp.execute('migrate-incoming', loadArguments(start.spec.qemuVersion));
  await resumeWhenLoaded(start, loaded, [negotiated, allowed, asked]);
};

/** The clone of a QEMU that has finished its init loads the template itself. */
const forkSequence: TierSequence = async (start) => {
  await start.connected();
  const loaded = start.machine.qmp.waitEvent(migrationHasEnded);
  const asked = answered(start, 'migrate-incoming', loadArguments(start.spec.qemuVersion));
  await resumeWhenLoaded(start, loaded, [asked]);
};

/** The clone of a QEMU that has loaded the template: it only has to go on. */
const forkLoadedSequence: TierSequence = async (start) => {
  await start.connected();
  start.sendGo();
  start.stamp('resumed');
  await answered(start, 'cont');
};

/** The go waits in the channel until PID 1 of the container reads it: there is nothing to wait for. */
const containerSequence: TierSequence = (start) => {
  start.sendGo();
  return Promise.resolve();
};

async function resumeWhenLoaded(
  start: Start,
  loaded: Promise<QmpEvent>,
  commands: readonly Promise<unknown>[],
): Promise<void> {
  const ended = await Promise.race([loaded, ...commands.map(refusal)]);
  if (ended.data['status'] !== 'completed') throw new StartFailure('QEMU could not load the state');
  // After the load: it would overwrite a byte the serial port had taken earlier.
  start.sendGo();
  start.stamp('resumed');
  await Promise.all([...commands, start.machine.qmp.execute('cont')]);
}

/** Sends the first command of a start; its answer is the mark `vmm_ready`. */
async function answered(
  start: Start,
  command: string,
  args?: Readonly<Record<string, unknown>>,
): Promise<void> {
  await start.machine.qmp.execute(command, args);
  start.stamp('vmm_ready');
}

/** Rejects as the promise does, and otherwise never settles: for a race. */
function refusal(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

export const sequences: Readonly<Record<Exclude<TierName, 'floor'>, TierSequence>> = {
  cold: coldSequence,
  restore: restoreSequence,
  fork: forkSequence,
  'fork-loaded': forkLoadedSequence,
  crun: containerSequence,
  runc: containerSequence,
};
