import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { UsageError } from '../../src/errors.js';
import { readGuests } from '../../src/parse/guests.js';
import { parseScenario, readScenario, type Block } from '../../src/parse/scenario.js';
import { editorSchemas, knobNames } from '../../src/parse/schema.js';
import { plant, temporaryFolder } from '../host/fake-qemu.js';

const home = join(import.meta.dirname, '../..');

function parse(text: string) {
  return parseScenario(text, 'a.yaml', '/scenarios', ['tiny']);
}

function blockOf(entry: string): Block {
  const [block] = parse(`name: x\nmatrix:\n  - ${entry}\n`).blocks;
  if (block === undefined) throw new Error('no block');
  return block;
}

describe('a scenario', () => {
  it('has every field filled, in its unit, every knob a list', () => {
    const text = 'name: x\nmatrix:\n  - guest: tiny\n    tier: cold\n';
    expect(parse(text)).toEqual({
      file: 'a.yaml',
      text,
      name: 'x',
      nameAt: 'a.yaml:1:7',
      description: '',
      sampling: { kind: 'fixed', runs: 30 },
      warmup: 2,
      tracedRuns: 5,
      timeoutMs: 60_000,
      pin: { qemu: undefined, harness: undefined },
      memoryReserveMiB: 1024,
      load: { timeMs: 2000, arrivals: 'poisson', p95LimitsMs: [50], aliveLimit: 300 },
      seed: 1,
      blocks: [
        {
          at: 'a.yaml:3:5',
          tier: ['cold'],
          guest: [{ kind: 'declared', name: 'tiny' }],
          accel: ['auto'],
          memoryMiB: [256],
          vcpus: [1],
          machine: ['microvm'],
          firmware: ['default'],
          cpu: ['auto'],
          qemu: ['qemu-system-x86_64'],
          kernelArguments: [''],
          backing: ['tmpfs'],
          workingSetMiB: [8],
          pageCache: ['warm'],
          identity: ['seed'],
          observeMs: [0],
          thp: ['host'],
          tenant: [{ name: 'none', uid: undefined }],
          concurrency: [1],
          alive: [0],
          rate: [0],
          image: ['vmlinux'],
          initramfsPacking: ['none'],
          initramfsFillMiB: [0],
          trace: ['none'],
        },
      ],
    });
  });

  it('may give a list for every knob', () => {
    const lists: Record<string, string> = {
      ...{ tier: '[cold, restore]', guest: '[tiny, { kernel: /v }]', accel: '[kvm, tcg]' },
      ...{ memory: '[32M, 1G]', vcpus: '[1, 2]', machine: '["microvm,rtc=off", pc]' },
      ...{ firmware: '[qboot, seabios]', cpu: '[host, max]', qemu: '[a, b]' },
      ...{ kernelArguments: '["", quiet]', backing: '[tmpfs, /mnt]', workingSet: '[0, 8M]' },
      ...{ pageCache: '[warm, cold]', identity: '[seed, none]', observe: '[0, 20ms]' },
      ...{
        pageCache: '[warm, cold]',
        thp: '[host, never]',
        tenant: '[a, b]',
        concurrency: '[1, 5]',
        alive: '[0, 0]',
        rate: '[0, 0]',
        image: '[vmlinux, bzImage]',
        initramfsPacking: '[none, xz]',
        initramfsFill: '[0, 16M]',
        trace: '[none, initcalls]',
      },
    };
    expect(Object.keys(lists)).toEqual(knobNames);
    const entry = knobNames.map((name) => `${name}: ${lists[name] ?? ''}`).join(', ');
    const { at, ...values } = blockOf(`{ ${entry} }`);
    expect(at).toBe('a.yaml:3:5');
    for (const value of Object.values(values)) expect(value).toHaveLength(2);
  });

  it.each([
    ['32M', 32],
    ['32 MiB', 32],
    ['32MB', 32],
    ['4G', 4096],
    ['4GiB', 4096],
  ])('reads %s as %d MiB', (text, expected) => {
    expect(blockOf(`{ guest: tiny, tier: cold, memory: ${text} }`).memoryMiB).toEqual([expected]);
  });

  it.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['60 s', 60_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
  ])('reads %s as %d ms', (text, expected) => {
    const scenario = parse(`timeout: ${text}\nname: x\nmatrix: [{ guest: tiny, tier: cold }]\n`);
    expect(scenario.timeoutMs).toBe(expected);
  });

  it('may ask for VMs at a rate, and for the rate at which p95 keeps to several limits', () => {
    const load = '{ time: 10s, arrivals: even, p95Limit: [1s, 20ms, 1s], aliveLimit: 7 }';
    const matrix = '[{ guest: tiny, tier: cold, rate: [0, 2.5, 400] }]';
    const scenario = parse(`name: x\nload: ${load}\nmatrix: ${matrix}\n`);
    expect(scenario.load).toEqual({
      ...{ timeMs: 10_000, arrivals: 'even', p95LimitsMs: [20, 1000], aliveLimit: 7 },
    });
    expect(scenario.blocks[0]?.rate).toEqual([0, 2.5, 400]);
  });

  it('may be sampled until its medians are known, with every limit filled', () => {
    const sampling = (until: string) =>
      parse(`name: x\nuntil: ${until}\nmatrix: [{ guest: tiny, tier: cold }]\n`).sampling;
    expect(sampling('{ relative_ci: 0.05, min: 10, max: 40, time: 90s }')).toEqual({
      ...{ kind: 'until', relativeCi: 0.05, min: 10, max: 40, timeMs: 90_000 },
    });
    expect(sampling('{}')).toEqual({
      ...{ kind: 'until', relativeCi: 0.03, min: 20, max: 200, timeMs: 300_000 },
    });
  });

  it('may have no working set', () => {
    expect(blockOf('{ guest: tiny, tier: cold, workingSet: 0 }').workingSetMiB).toEqual([0]);
  });

  it('may use anchors and aliases', () => {
    const [first, second] = parse(
      'name: x\nmatrix:\n  - { guest: tiny, tier: &t [cold, restore] }\n  - { guest: tiny, tier: *t, memory: 64M }\n',
    ).blocks;
    expect(second?.tier).toEqual(first?.tier);
  });
});

describe('paths in a scenario', () => {
  it('are relative to its file, for a guest', () => {
    const guest = '{ kernel: ../k/bzImage-6.1, initramfs: init.cpio }';
    expect(blockOf(`{ guest: ${guest}, tier: cold }`).guest).toEqual([
      {
        kind: 'path',
        name: 'bzimage-6.1',
        kernel: '/k/bzImage-6.1',
        initramfs: '/scenarios/init.cpio',
        commandLine: undefined,
        frames: 'long',
        needsNativeKvm: true,
      },
    ]);
  });

  it.each(['default', 'none'])('are not what initramfs: %s means', (word) => {
    const entry = `{ guest: { name: mine, kernel: /v, initramfs: ${word} }, tier: cold }`;
    expect(blockOf(entry).guest).toMatchObject([{ name: 'mine', kernel: '/v', initramfs: word }]);
  });

  it('are relative to its file, for QEMU and firmware; a word is a name', () => {
    const block = blockOf(
      '{ guest: tiny, tier: cold, qemu: [qemu-kvm, ./q, /opt/q], firmware: [qboot, fw/b.rom] }',
    );
    expect(block.qemu).toEqual(['qemu-kvm', '/scenarios/q', '/opt/q']);
    expect(block.firmware).toEqual(['qboot', '/scenarios/fw/b.rom']);
  });
});

describe('reading from disk', () => {
  it('names a scenario that is not there', async () => {
    await expect(readScenario('none.yaml', '/', [])).rejects.toThrow(
      new UsageError(
        "none.yaml: cannot be read: ENOENT: no such file or directory, open '/none.yaml'",
      ),
    );
  });

  it('accepts every scenario that is shipped, with the guests that are shipped', async () => {
    const guests = (await readGuests(home)).map(({ name }) => name);
    expect(guests).toEqual([
      'debian-cloud',
      'debian-cloud-next',
      'debian-cloud-security',
      'optimized',
      'tiny',
    ]);
    const all = await readdir(join(home, 'scenarios'));
    const files = all.filter((file) => file.endsWith('.yaml'));
    expect(files).toContain('ladder.yaml');
    for (const file of files) {
      const { name } = await readScenario(file, join(home, 'scenarios'), guests);
      expect(`${name}.yaml`).toBe(file);
    }
  });

  it('refuses a guest that is not called as its folder', async () => {
    await using folder = await temporaryFolder();
    const text = await readFile(join(home, 'kernels/tiny/guest.yaml'), 'utf8');
    await plant(join(folder.path, 'kernels/other/guest.yaml'), text);
    await expect(readGuests(folder.path)).rejects.toThrow(
      new UsageError('kernels/other/guest.yaml:2:7: "name" must be the folder\'s, "other"'),
    );
  });

  it('refuses a guest with a mistake in it', async () => {
    await using folder = await temporaryFolder();
    const text = await readFile(join(home, 'kernels/tiny/guest.yaml'), 'utf8');
    const wrong = text.replace('build: tiny', 'build: huge');
    await plant(join(folder.path, 'kernels/tiny/guest.yaml'), wrong);
    await expect(readGuests(folder.path)).rejects.toThrow(
      new UsageError('kernels/tiny/guest.yaml:5:10: "build" must be one of tiny, got "huge"'),
    );
  });
});

describe('the schemas for editors', () => {
  it.each(Object.entries(editorSchemas()))(
    '%s is up to date; if not: npm run schema',
    async (file, schema) => {
      expect(JSON.parse(await readFile(join(home, file), 'utf8'))).toEqual(schema);
    },
  );
});
