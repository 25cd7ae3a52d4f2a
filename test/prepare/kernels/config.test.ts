import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { configDifferenceText } from '../../../src/output/kernel-facts.js';
import { embeddedConfig } from '../../../src/prepare/kernels/config-of.js';
import { compareConfigs, countOptions, parseConfig } from '../../../src/prepare/kernels/config.js';

const first = parseConfig(`#
# Linux/x86 6.1.176 Kernel Configuration
#
CONFIG_HZ=250
CONFIG_HZ_250=y
CONFIG_ACPI=y
CONFIG_VIRTIO=m
CONFIG_E1000=m
CONFIG_CC_HAS_SLS=y
# CONFIG_PVH is not set
CONFIG_LOCALVERSION=" a=b "
`);
const second = parseConfig(
  'CONFIG_HZ=1000\nCONFIG_ACPI=y\nCONFIG_VIRTIO=y\nCONFIG_PVH=y\nCONFIG_EXT4_FS=n\n',
);

describe("a kernel's configuration", () => {
  it('is what is on', () => {
    expect(Object.fromEntries(first)).toEqual({
      ...{ HZ: '250', HZ_250: 'y', ACPI: 'y', VIRTIO: 'm', E1000: 'm', CC_HAS_SLS: 'y' },
      LOCALVERSION: '" a=b "',
    });
    expect(second.has('EXT4_FS')).toBe(false);
  });

  it('is counted by kind', () => {
    expect(countOptions(first)).toEqual({ builtIn: 3, modules: 2, valued: 2 });
  });

  it('is told from another', () => {
    expect(compareConfigs(first, second)).toEqual({
      onlyFirst: [
        { name: 'CC_HAS_SLS', value: 'y' },
        { name: 'E1000', value: 'm' },
        { name: 'HZ_250', value: 'y' },
        { name: 'LOCALVERSION', value: '" a=b "' },
      ],
      onlySecond: [{ name: 'PVH', value: 'y' }],
      changed: [
        { name: 'HZ', first: '250', second: '1000' },
        { name: 'VIRTIO', first: 'm', second: 'y' },
      ],
      same: 1,
    });
  });

  it('is shown beside another, without what nobody chooses', () => {
    const text = configDifferenceText(['old', 'new'], compareConfigs(first, second), 60);
    expect(text)
      .toBe(`1 options are the same in both. Not shown: 1 that only say what architecture and compiler can do.

2 have another value:
  option  old  new
  HZ      250  1000
  VIRTIO  m    y

1 only in old, built in:
  HZ_250

1 only in old, as modules:
  E1000

1 only in old, with a value:
  LOCALVERSION=" a=b "

1 only in new, built in:
  PVH
`);
  });

  it('is read out of an image that carries it', () => {
    const packed = gzipSync('CONFIG_IKCONFIG=y\n');
    const parts = ['\x7fELF...', 'IKCFG_ST', packed, 'IKCFG_ED', '...'];
    const image = Buffer.concat(parts.map((part) => Buffer.from(part)));
    expect(embeddedConfig(image)).toBe('CONFIG_IKCONFIG=y\n');
    expect(embeddedConfig(Buffer.from('\x7fELF and nothing else'))).toBeUndefined();
  });
});
