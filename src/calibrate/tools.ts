/** What the probes outside the harness need from it. */
import { join } from 'node:path';

import type { Context } from '../context.js';
import type { Launch } from '../qemu/machine.js';

export interface Tools {
  readonly home: string;
  readonly pid: number;
  readonly path: string | undefined;
  /** Those of the QEMUs, as a list; empty for the harness's own. */
  readonly cpus: string;
}

export function toolsOf({ home, pid, env }: Context, cpus = ''): Tools {
  return { home, pid, path: env['PATH'], cpus };
}

export function nativePath({ home }: Tools, name: string): string {
  return join(home, 'dist/native', name);
}

/** A launch as a start makes it, without files or the base-point library. */
export function plainLaunch(tools: Tools, binary: string, args: readonly string[]): Launch {
  return {
    launcher: nativePath(tools, 'basepoint-launch'),
    parentPid: tools.pid,
    env: { PATH: tools.path },
    cpus: tools.cpus,
    binary,
    args,
    files: [],
    ownFiles: [],
    control: false,
  };
}
