import { describe, expect, it } from 'vitest';

import {
  checkFragment,
  fragmentForKconfig,
  parseFragment,
} from '../../../src/prepare/kernels/fragment.js';

const text = `# the guest is entered here
CONFIG_PVH=y  # entered without a decompressor

CONFIG_LOCALVERSION="-a # b" # a name of its own
CONFIG_NR_CPUS=64 # one word of CPU mask
CONFIG_MODULES=n # nothing to load them from
`;

describe('a fragment', () => {
  it('has an option and its reason on each line', () => {
    expect(parseFragment(text, 'fragment')).toEqual([
      { name: 'CONFIG_PVH', value: 'y', reason: 'entered without a decompressor' },
      { name: 'CONFIG_LOCALVERSION', value: '"-a # b"', reason: 'a name of its own' },
      { name: 'CONFIG_NR_CPUS', value: '64', reason: 'one word of CPU mask' },
      { name: 'CONFIG_MODULES', value: 'n', reason: 'nothing to load them from' },
    ]);
  });

  it('is handed on without the reasons', () => {
    expect(fragmentForKconfig(parseFragment(text, 'fragment'))).toBe(
      'CONFIG_PVH=y\nCONFIG_LOCALVERSION="-a # b"\nCONFIG_NR_CPUS=64\nCONFIG_MODULES=n\n',
    );
  });

  it.each([
    ['CONFIG_PVH=y\n', 'f:1:1: CONFIG_PVH has no reason behind a "#"'],
    ['\nCONFIG_PVH=y #  \n', 'f:2:1: CONFIG_PVH has no reason behind a "#"'],
    ['PVH=y # why\n', 'f:1:1: a line must be CONFIG_NAME=VALUE  # REASON, got "PVH=y # why"'],
    [
      'CONFIG_PVH y # why\n',
      'f:1:1: a line must be CONFIG_NAME=VALUE  # REASON, got "CONFIG_PVH y # why"',
    ],
    ['CONFIG_A=y # a\nCONFIG_A=n # b\n', 'f:2:1: CONFIG_A is already given above'],
    ['# nothing\n', 'f: there is no option in it'],
  ])('that is wrong is refused: %j', (wrong, message) => {
    expect(() => parseFragment(wrong, 'f')).toThrow(message);
  });

  it('must come through whole', () => {
    const lines = parseFragment(text, 'f');
    const whole = 'CONFIG_PVH=y\nCONFIG_LOCALVERSION="-a # b"\nCONFIG_NR_CPUS=64\n';
    expect(() => {
      checkFragment(lines, `${whole}# CONFIG_MODULES is not set\n`, 'f');
    }).not.toThrow();
    expect(() => {
      checkFragment(
        lines,
        'CONFIG_LOCALVERSION="-a # b"\nCONFIG_NR_CPUS=8\nCONFIG_MODULES=y\n',
        'f',
      );
    }).toThrow(
      /does not take all of f: .*\n {2}CONFIG_PVH is n, not y\n {2}CONFIG_NR_CPUS is 8, not 64\n {2}CONFIG_MODULES is y, not n$/,
    );
  });
});
