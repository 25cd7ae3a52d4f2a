/** The guests declared under kernels/: one folder each, with a guest.yaml. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

import { UsageError } from '../errors.js';
import { CheckedDocument } from './document.js';
import { guestSchema, type GuestFile } from './schema.js';

/** Its paths are absolute. */
export interface DeclaredGuest extends GuestFile {
  /** The folder with the guest's own sources. */
  readonly folder: string;
}

/**
 * @param home the folder that holds kernels/
 * @throws UsageError with file, line and column
 */
export async function readGuests(home: string): Promise<readonly DeclaredGuest[]> {
  const kernels = join(home, 'kernels');
  const entries = await readdir(kernels, { withFileTypes: true });
  const guests: DeclaredGuest[] = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(kernels, entry.name, 'guest.yaml');
    const text = entry.isDirectory()
      ? await readFile(path, 'utf8').catch(() => undefined)
      : undefined;
    if (text === undefined) continue;
    const file = relative(home, path);
    const document = CheckedDocument.parse(text, file, guestSchema);
    if (document.value.name !== entry.name) {
      throw new UsageError(
        `${document.at(['name'])}: "name" must be the folder's, "${entry.name}"`,
      );
    }
    guests.push(inFolder(document.value, join(kernels, entry.name)));
  }
  return guests;
}

function inFolder(file: GuestFile, folder: string): DeclaredGuest {
  const { initramfs, disk } = file;
  const named = initramfs === 'default' || initramfs === 'none';
  return {
    ...file,
    ...(disk === undefined ? {} : { disk: { ...disk, path: resolve(folder, disk.path) } }),
    initramfs: named ? initramfs : resolve(folder, initramfs),
    folder,
  };
}
