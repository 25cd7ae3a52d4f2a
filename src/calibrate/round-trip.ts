/** A question to a QEMU that does nothing else: what each wait for its monitor costs. */
import { msBetween, now } from '../clock.js';
import { descriptors } from '../qemu/command.js';
import { Machine } from '../qemu/machine.js';
import { repeatedly, unlessAborted, type Probe } from './calibrate.js';
import { measuredEntry } from './entry.js';
import { plainLaunch, type Tools } from './tools.js';

const label = 'a QMP round trip (query-status of a paused QEMU)';

/** Without a machine: neither guest, nor firmware, nor KVM has a part in it. */
const pausedArguments = [
  ...['-machine', 'none', '-S', '-nodefaults', '-no-user-config', '-display', 'none'],
  ...['-chardev', `socket,id=monitor,fd=${descriptors.monitor}`],
  ...['-mon', 'chardev=monitor,mode=control'],
];

export function roundTripProbe(tools: Tools, qemu: () => string, count: number): Probe {
  return {
    label,
    measure: async (signal) => {
      const binary = qemu();
      const ignored = () => undefined;
      await using machine = Machine.spawn(() => plainLaunch(tools, binary, pausedArguments), {
        ...{ mark: ignored, answer: ignored, error: ignored },
      });
      const ask = async (command: string) => {
        const startNs = now();
        const answer = Promise.race([machine.qmp.execute(command), machine.unexpectedExit()]);
        await unlessAborted(answer, signal);
        return msBetween(startNs, now());
      };
      await ask('qmp_capabilities');
      return measuredEntry(label, await repeatedly(count, () => ask('query-status')));
    },
  };
}
