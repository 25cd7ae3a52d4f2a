/** What saving and loading a template have in common. */
import { descriptors } from './command.js';
import type { Command, QmpEvent } from './qmp.js';

/**
 * Leaves the RAM where it is. Only a command can say so; that QEMU tells when it is done is said on
 * its command line, because it reads commands a byte at a time.
 */
export const loadCapabilities = {
  capabilities: [{ capability: 'x-ignore-shared', state: true }],
};

/**
 * Where the state is loaded from: the inherited descriptor, without a helper process. QEMU 8.2 has
 * `file:`, which opens the file behind it anew, and from 9.1 on warns of `fd:` for a file.
 */
export function loadArguments(qemuVersion: string): { readonly uri: string } {
  const [major = 0, minor = 0] = qemuVersion.split('.').map(Number);
  const hasFile = major > 8 || (major === 8 && minor >= 2);
  return { uri: hasFile ? `file:/proc/self/fd/${descriptors.state}` : `fd:${descriptors.state}` };
}

/** What a clone is asked first: to go on, or to load the template its base point has not loaded. */
export function firstCommand(loaded: boolean, qemuVersion: string): Command {
  if (loaded) return { command: 'cont' };
  return { command: 'migrate-incoming', args: loadArguments(qemuVersion) };
}

export function migrationHasEnded({ event, data }: QmpEvent): boolean {
  return event === 'MIGRATION' && (data['status'] === 'completed' || data['status'] === 'failed');
}
