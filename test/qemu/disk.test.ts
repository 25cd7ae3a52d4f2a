import { closeSync, fstatSync, readSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readyDisk } from '../../src/prepare/disk.js';
import { diskArguments, type MachineDisk } from '../../src/qemu/disk.js';
import { openOverlay } from '../../src/qemu/overlay.js';
import { temporaryFolder } from '../support/context.js';

const disk: MachineDisk = { path: '/srv/a,b.ext4', mode: 'readonly', bytes: 8 << 20 };

/** The nodes of a command line, from the lowest on. */
function nodesOf(words: readonly string[]): readonly Record<string, unknown>[] {
  return words
    .filter((_, index) => words[index - 1] === '-blockdev')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
}

describe("a guest's own disk", () => {
  it('is read and never written to', () => {
    const words = diskArguments(disk, 'pc', undefined);
    expect(nodesOf(words)).toEqual([
      {
        ...{ driver: 'raw', 'node-name': 'disk', 'read-only': true },
        file: { driver: 'file', filename: '/srv/a,b.ext4', 'read-only': true },
      },
    ]);
    expect(words.slice(-2)).toEqual(['-device', 'virtio-blk-pci,drive=disk']);
    expect(diskArguments(disk, 'microvm,acpi=off', undefined).at(-1)).toBe(
      'virtio-blk-device,drive=disk',
    );
    expect(diskArguments(undefined, 'pc', undefined)).toEqual([]);
  });

  it("has a guest's own layer over it, and over what its template had written", () => {
    const overlay = { ...disk, mode: 'overlay' } as const;
    const chain = (frozen?: string) =>
      nodesOf(diskArguments(overlay, 'pc', frozen)).map((node) => [
        ...[node['node-name'], node['backing'] ?? '', node['read-only'] ?? false],
      ]);
    expect(chain()).toEqual([
      ['image', '', true],
      ['disk', 'image', false],
    ]);
    expect(chain('/cache/overlay')).toEqual([
      ['image', '', true],
      ['frozen', 'image', true],
      ['disk', 'frozen', false],
    ]);
  });

  it('is refused where it is no raw image', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'disk');
    const ready = () => readyDisk({ path, mode: 'readonly' }, 'own');
    await expect(ready()).rejects.toThrow(/guest "own": its disk cannot be used: ENOENT/);
    await writeFile(path, '');
    await expect(ready()).rejects.toThrow(/is empty/);
    await writeFile(path, Buffer.from('QFI\xfb and so on', 'latin1'));
    await expect(ready()).rejects.toThrow(/is a qcow2 image, expected a raw one/);
    await writeFile(path, 'anything else');
    await expect(ready()).resolves.toMatchObject({ bytes: 13, mode: 'readonly' });
  });
});

describe("a guest's own layer", () => {
  it('has no name, and is as large as the disk below', () => {
    const fd = openOverlay(3 * 2 ** 30 + 1);
    const header = Buffer.alloc(104);
    readSync(fd, header, 0, 104, 0);
    expect(fstatSync(fd).nlink).toBe(0);
    closeSync(fd);
    expect(header.toString('latin1', 0, 4)).toBe('QFI\xfb');
    expect(header.readBigUInt64BE(24)).toBe(BigInt(3 * 2 ** 30 + 512));
    // Seven entries of 512 MiB each: six would not reach the last sector.
    expect(header.readUInt32BE(36)).toBe(7);
  });
});
