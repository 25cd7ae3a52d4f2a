// Paths that may be one file under several names: /bin is /usr/bin, a ROM is a link to another.

import { access, constants, realpath } from 'node:fs/promises';

/** The real path, or null when there is no such file. */
export async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    return null;
  }
}

/** The paths that exist, each file once, under the first name it had; without those in `known`. */
export async function distinctPaths(
  paths: readonly string[],
  known: readonly string[] = [],
): Promise<string[]> {
  const seen = new Set(await Promise.all(known.map(realPathOf)));
  const kept: string[] = [];
  for (const path of paths) {
    const real = await realPathOf(path);
    if (real === null || seen.has(real)) continue;
    seen.add(real);
    kept.push(path);
  }
  return kept;
}

/** Whether we may run the file. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
