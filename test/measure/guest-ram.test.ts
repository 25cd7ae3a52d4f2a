import { describe, expect, it } from 'vitest';

import { guestRamIn } from '../../src/measure/guest-ram.js';

function mapping(head: string, sizeKiB: number, rssKiB: number, pssKiB: number): string {
  return `${head}\nSize:${String(sizeKiB).padStart(12)} kB\nRss:  ${rssKiB} kB\nPss:  ${pssKiB} kB\nPss_Dirty:  7 kB\n`;
}

const smaps = [
  mapping('55d0-55d1 r-xp 00000000 08:01 77 /usr/bin/qemu-system-x86_64', 8192, 8192, 4096),
  mapping('7f00-7f01 rw-p 00000000 00:1a 4711 /dev/shm/#4711 (deleted)', 20_480, 900, 300),
  mapping('7f01-7f02 rw-p 01400000 00:1a 4711 /dev/shm/#4711 (deleted)', 12_288, 100, 100),
  mapping('7f02-7f03 rw-p 00000000 00:00 0 ', 32_768, 5, 5),
].join('');

describe('the mapping of guest RAM', () => {
  it('is that of the file of its size, all pieces together', () => {
    expect(guestRamIn(smaps, 32)).toEqual({ file: '00:1a:4711', rssKiB: 1000, pssKiB: 400 });
  });

  it('is not found where guest RAM is anonymous', () => {
    expect(guestRamIn(smaps, 64)).toBeUndefined();
    expect(guestRamIn(smaps.replaceAll('4711', '0'), 32)).toBeUndefined();
  });
});
