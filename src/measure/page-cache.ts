/** Whether the files of a start are in the page cache. Outside every measured interval. */
import { execa } from 'execa';

import { messageOf } from '../errors.js';
import { StartFailure } from './start.js';

/** Cells share files, so a warm start makes up for what the cold ones before it evicted. */
export class PageCache {
  readonly #evicted = new Set<string>();

  /** @throws StartFailure where the cache cannot be made so */
  async make(state: 'warm' | 'cold', files: readonly string[]): Promise<void> {
    try {
      if (state === 'cold') await this.#evict(files);
      else await this.#read(files.filter((file) => this.#evicted.has(file)));
    } catch (error) {
      const [why = ''] = messageOf(error).split('\n');
      throw new StartFailure(`the page cache could not be made ${state}: ${why}`);
    }
  }

  /**
   * Asks the kernel (POSIX_FADV_DONTNEED, by way of dd) to drop the files. Pages that are dirty or
   * mapped by a running process stay, so they are written back first; and a file in tmpfs is never
   * anywhere but in memory.
   */
  async #evict(files: readonly string[]): Promise<void> {
    await execa('sync', ['--data', ...files]);
    for (const file of files) {
      this.#evicted.add(file);
      await execa('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
  }

  async #read(files: readonly string[]): Promise<void> {
    for (const file of files) {
      await execa('dd', [`if=${file}`, 'of=/dev/null', 'bs=1M', 'status=none']);
      this.#evicted.delete(file);
    }
  }
}
