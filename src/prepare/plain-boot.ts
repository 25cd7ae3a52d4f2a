/** A boot outside of every measured interval, to ask the guest something. */
import { join } from 'node:path';

import type { Context } from '../context.js';
import { qemuArguments, type MachineSpec } from '../qemu/command.js';
import { Machine } from '../qemu/machine.js';
import type { MarkListener } from '../qemu/mark-stream.js';

export function plainBoot(
  binary: string,
  spec: MachineSpec,
  listener: MarkListener,
  context: Context,
): Machine {
  const launch = {
    launcher: join(context.home, 'dist/native/basepoint-launch'),
    parentPid: context.pid,
    env: { PATH: context.env['PATH'] },
    binary,
    args: qemuArguments(spec, 'cold'),
    files: [],
    ownFiles: [],
    control: false,
  };
  return Machine.spawn(() => launch, listener);
}
