/** The real QEMUs tests run on: the installed one, and the newer one scripts/fetch-qemu.sh unpacks. */
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const base =
  process.env['BASEPOINT_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'basepoint');
const newer = join(base, 'qemu/backports/usr/bin/qemu-system-x86_64');

export const realQemus: readonly (readonly [string, string])[] = [
  ['installed', 'qemu-system-x86_64'],
  ...(existsSync(newer) ? ([['newer', newer]] as const) : []),
];

/** Where it opens, the tests on KVM run: there is no other way to leave them out. */
export const kvmOpens = opens('/dev/kvm');

function opens(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
