import { execa } from 'execa';
import { readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { PageCache } from '../../src/measure/page-cache.js';
import { StartFailure } from '../../src/measure/start.js';
import { temporaryFolder } from '../support/context.js';

const tmpfs = 0x01021994;
const size = 4 << 20;

async function cachedBytes(file: string): Promise<number> {
  const args = ['--bytes', '--noheadings', '--output', 'RES', file];
  return Number((await execa('fincore', args)).stdout);
}

describe('the page cache', () => {
  it('made cold holds nothing of the files, and made warm again all of them', async ({ skip }) => {
    await using folder = await temporaryFolder();
    skip((await statfs(folder.path)).type === tmpfs, 'tmpfs is memory');
    const cache = new PageCache();
    const files = ['one', 'two'].map((name) => join(folder.path, name));
    for (const file of files) {
      await writeFile(file, Buffer.alloc(size, 1));
      await readFile(file);
      expect(await cachedBytes(file)).toBe(size);
    }
    await cache.make('cold', files);
    for (const file of files) expect(await cachedBytes(file)).toBe(0);
    await cache.make('warm', files);
    for (const file of files) expect(await cachedBytes(file)).toBe(size);
  });

  it('is left alone by a warm start after no cold one', async () => {
    await new PageCache().make('warm', ['/nowhere/kernel']);
  });

  it('that cannot be made cold fails the start, in one line', async () => {
    const made = new PageCache().make('cold', ['/nowhere/kernel']);
    const error: unknown = await made.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartFailure);
    expect((error as Error).message).toMatch(/^the page cache could not be made cold: .*$/);
  });
});
