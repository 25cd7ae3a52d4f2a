import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { UsageError } from '../../src/errors.js';
import { parseScenario } from '../../src/parse/scenario.js';
import { tierNames } from '../../src/tiers.js';

const tiers = tierNames.join(', ');

function parse(text: string) {
  return parseScenario(text, 'a.yaml', '/scenarios', ['debian-cloud', 'tiny']);
}

function errorOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'accepted';
}

/** A scenario without a mistake, and what is added to its one entry, at line 5, column 5. */
function entryWith(line: string): string {
  return `name: x\nmatrix:\n  - guest: tiny\n    tier: cold\n    ${line}\n`;
}

/** A scenario without a mistake but what comes first. */
function fileWith(firstLine: string): string {
  return `${firstLine}\nname: x\nmatrix:\n  - guest: tiny\n    tier: cold\n`;
}

/** A scenario whose one entry is this, from line 3, column 5. */
function onlyEntry(text: string): string {
  return `name: x\nmatrix:\n  - ${text}\n`;
}

type Case = readonly [what: string, text: string, error: string];

describe('an unknown key is refused where it stands', () => {
  const cases: readonly Case[] = [
    [
      'of the file',
      fileWith('warmups: 3'),
      'a.yaml:1:1: unknown key "warmups" (did you mean "warmup"?)',
    ],
    [
      'of an entry',
      entryWith('memroy: 256M'),
      'a.yaml:5:5: unknown key "memroy" (did you mean "memory"?)',
    ],
    ['like no other', entryWith('zebra: 1'), 'a.yaml:5:5: unknown key "zebra"'],
    ['that is a number', entryWith('3: 1'), 'a.yaml:5:5: unknown key "3"'],
    ['that every object has', entryWith('__proto__: 1'), 'a.yaml:5:5: unknown key "__proto__"'],
    ['of two lines', entryWith('"a\\nb": 1'), 'a.yaml:5:5: unknown key "a\\nb"'],
    [
      'of a guest by path',
      onlyEntry('{ tier: cold, guest: { kernel: /v, initrmfs: none } }'),
      'a.yaml:3:40: unknown key "initrmfs" (did you mean "initramfs"?)',
    ],
    [
      'of a guest in a list',
      onlyEntry('{ tier: cold, guest: [tiny, { kernel: /v, initrmfs: none }] }'),
      'a.yaml:3:47: unknown key "initrmfs" (did you mean "initramfs"?)',
    ],
    [
      'that is a missing one, misspelt',
      onlyEntry('{ tier: cold, guest: { kernal: /v } }'),
      'a.yaml:3:28: unknown key "kernal" (did you mean "kernel"?)',
    ],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(errorOf(text)).toBe(error);
  });
});

describe('a missing key is reported at the map that lacks it', () => {
  const cases: readonly Case[] = [
    ['name', 'matrix:\n  - guest: tiny\n    tier: cold\n', 'a.yaml:1:1: "name" is missing'],
    ['matrix', 'name: x\n', 'a.yaml:1:1: "matrix" is missing'],
    ['tier', onlyEntry('guest: tiny'), 'a.yaml:3:5: "tier" is missing'],
    ['guest', onlyEntry('tier: cold'), 'a.yaml:3:5: "guest" is missing'],
    [
      'kernel',
      onlyEntry('{ tier: cold, guest: { initramfs: none } }'),
      'a.yaml:3:26: "kernel" is missing',
    ],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(errorOf(text)).toBe(error);
  });
});

describe('a wrong value is refused with what was expected and what was got', () => {
  const cases: readonly Case[] = [
    [
      'a size in words',
      entryWith('memory: 256 megs'),
      'a.yaml:5:13: "memory" must be a size such as 256M, got "256 megs"',
    ],
    [
      'a size without a unit',
      entryWith('memory: 256'),
      'a.yaml:5:13: "memory" must be a size such as 256M, got 256',
    ],
    [
      'one size of several',
      entryWith('memory: [256M, 1 gig]'),
      'a.yaml:5:20: an entry of "memory" must be a size such as 256M, got "1 gig"',
    ],
    [
      'no memory',
      entryWith('memory: 0M'),
      'a.yaml:5:13: "memory" must be a size such as 256M, got "0M"',
    ],
    [
      'more memory than a number holds',
      entryWith('memory: 99999999999999999G'),
      'a.yaml:5:13: "memory" must be a size such as 256M, got "99999999999999999G"',
    ],
    [
      'a working set without a unit',
      entryWith('workingSet: 8'),
      'a.yaml:5:17: "workingSet" must be 0 or a size such as 8M, at most 63G, got 8',
    ],
    [
      'a working set in words',
      entryWith('workingSet: [0, 8 megs]'),
      'a.yaml:5:21: an entry of "workingSet" must be 0 or a size such as 8M, at most 63G, got "8 megs"',
    ],
    [
      'a timeout without a unit',
      fileWith('timeout: 60'),
      'a.yaml:1:10: "timeout" must be a duration such as 500ms, 60s or 5m, at most 24h, got 60',
    ],
    [
      'a timeout longer than timers go',
      fileWith('timeout: 25h'),
      'a.yaml:1:10: "timeout" must be a duration such as 500ms, 60s or 5m, at most 24h, got "25h"',
    ],
    [
      'an unknown tier',
      onlyEntry('{ guest: tiny, tier: clod }'),
      `a.yaml:3:26: "tier" must be one of ${tiers} (did you mean "cold"?), got "clod"`,
    ],
    [
      'an unknown tier of several',
      onlyEntry('{ guest: tiny, tier: [cold, restroe] }'),
      `a.yaml:3:33: an entry of "tier" must be one of ${tiers} (did you mean "restore"?), got "restroe"`,
    ],
    [
      'a map for a tier',
      onlyEntry('{ guest: tiny, tier: { a: 1 } }'),
      `a.yaml:3:26: "tier" must be one of ${tiers}, got {"a":1}`,
    ],
    [
      'nothing for a tier',
      onlyEntry('{ guest: tiny, tier: ~ }'),
      `a.yaml:3:26: "tier" must be one of ${tiers}, got nothing`,
    ],
    [
      'an unknown guest',
      onlyEntry('{ tier: cold, guest: tinny }'),
      'a.yaml:3:26: unknown guest "tinny" (did you mean "tiny"?); known: debian-cloud, tiny, or { kernel: PATH }',
    ],
    [
      'an unknown guest of several',
      onlyEntry('{ tier: cold, guest: [tiny, alpine] }'),
      'a.yaml:3:33: unknown guest "alpine"; known: debian-cloud, tiny, or { kernel: PATH }',
    ],
    [
      'a number for a guest',
      onlyEntry('{ tier: cold, guest: 3 }'),
      'a.yaml:3:26: "guest" must be a name, got 3',
    ],
    [
      'a kernel that is no path',
      onlyEntry('{ tier: cold, guest: { kernel: 3 } }'),
      'a.yaml:3:36: "kernel" must be text, got 3',
    ],
    [
      'a doubtful boolean',
      onlyEntry('{ tier: cold, guest: { kernel: /v, needsNativeKvm: maybe } }'),
      'a.yaml:3:56: "needsNativeKvm" must be true or false, got "maybe"',
    ],
    [
      'an unknown accelerator',
      entryWith('accel: kmv'),
      'a.yaml:5:12: "accel" must be one of kvm, tcg, auto (did you mean "kvm"?), got "kmv"',
    ],
    ['no vCPU', entryWith('vcpus: 0'), 'a.yaml:5:12: "vcpus" must be at least 1, got 0'],
    [
      'no vCPU among others',
      entryWith('vcpus: [1, 0]'),
      'a.yaml:5:16: an entry of "vcpus" must be at least 1, got 0',
    ],
    [
      'half a vCPU',
      entryWith('vcpus: 1.5'),
      'a.yaml:5:12: "vcpus" must be a whole number, got 1.5',
    ],
    [
      'too many vCPUs',
      entryWith('vcpus: 289'),
      'a.yaml:5:12: "vcpus" must be at most 288, got 289',
    ],
    [
      'a backing relative to who knows what',
      entryWith('backing: ram/disk'),
      'a.yaml:5:14: "backing" must be tmpfs, hugetlbfs or an absolute folder, got "ram/disk"',
    ],
    [
      'a machine type with a space',
      entryWith('machine: a b'),
      'a.yaml:5:14: "machine" must be a QEMU machine type such as microvm or pc, got "a b"',
    ],
    [
      'an empty QEMU',
      entryWith('qemu: ""'),
      'a.yaml:5:11: "qemu" must be text that is not empty, got ""',
    ],
    ['a seed in words', fileWith('seed: abc'), 'a.yaml:1:7: "seed" must be a number, got "abc"'],
    ['a seed below 0', fileWith('seed: -1'), 'a.yaml:1:7: "seed" must be at least 0, got -1'],
    [
      'a seed of 33 bits',
      fileWith('seed: 4294967296'),
      'a.yaml:1:7: "seed" must be at most 4294967295, got 4294967296',
    ],
    ['a seed that is none', fileWith('seed: .nan'), 'a.yaml:1:7: "seed" must be a number, got NaN'],
    [
      'two ways to sample',
      fileWith('runs: 5\nuntil: { min: 8 }'),
      'a.yaml:2:8: "until" takes the place of "runs", and both are given',
    ],
    [
      'a burst of VMs that are kept alive',
      onlyEntry('{ guest: tiny, tier: cold, alive: 5, concurrency: [1, 5] }'),
      'a.yaml:3:39: VMs that are kept alive are started one after another: "concurrency" must be 1 beside "alive"',
    ],
    [
      'two tenants of one user',
      `tenants: { a: { uid: 7 }, b: { uid: 7 } }\n${onlyEntry('{ guest: tiny, tier: restore, tenant: [a, b] }')}`,
      'a.yaml:1:30: tenants "a" and "b" would both be user 7: give each a uid of its own',
    ],
    [
      'a tenant that no cell is of',
      `tenants: { bob: { uid: 7 } }\n${onlyEntry('{ guest: tiny, tier: restore, tenant: bobb }')}`,
      'a.yaml:1:17: no cell is of tenant "bob" (did you mean "bobb"?)',
    ],
    [
      'a tenant that would be another folder',
      onlyEntry('{ guest: tiny, tier: restore, tenant: ../b }'),
      'a.yaml:3:43: "tenant" must be a lower-case letter, then at most 15 letters, digits and "-", got "../b"',
    ],
    [
      'bursts until the medians are known',
      `until: {}\n${onlyEntry('{ guest: tiny, tier: cold, concurrency: 5 }')}`,
      'a.yaml:1:8: "until" needs starts that do not disturb one another: give "runs" beside "concurrency" or "alive"',
    ],
    [
      'a rate of bursts',
      onlyEntry('{ guest: tiny, tier: cold, rate: 5, concurrency: [1, 5] }'),
      'a.yaml:3:54: VMs are asked for one by one at a "rate": "concurrency" must be 1 beside it',
    ],
    [
      'a rate of VMs that are kept alive',
      onlyEntry('{ guest: tiny, tier: cold, rate: [0, 5], alive: 5 }'),
      'a.yaml:3:53: VMs end after their work at a "rate": "alive" must be 0 beside it',
    ],
    [
      'a rate of VMs that are observed',
      onlyEntry('{ guest: tiny, tier: cold, rate: 5, observe: 20ms }'),
      'a.yaml:3:50: a VM that is observed delays those behind it: no "observe" beside "rate"',
    ],
    [
      'a rate with files that are evicted',
      onlyEntry('{ guest: tiny, tier: cold, rate: 5, pageCache: [warm, cold] }'),
      'a.yaml:3:52: files cannot be evicted beside VMs that run: no cold "pageCache" beside "rate"',
    ],
    [
      'a rate until the medians are known',
      `until: {}\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:8: "until" needs starts that do not disturb one another: give "runs" beside "rate"',
    ],
    [
      'a rate below nothing',
      onlyEntry('{ guest: tiny, tier: cold, rate: -5 }'),
      'a.yaml:3:38: "rate" must be at least 0, got -5',
    ],
    [
      'a rate in words',
      onlyEntry('{ guest: tiny, tier: cold, rate: 5/s }'),
      'a.yaml:3:38: "rate" must be a number, got "5/s"',
    ],
    [
      'a rate at which a step takes for ever',
      onlyEntry('{ guest: tiny, tier: cold, rate: [5, 0.01] }'),
      'a.yaml:3:38: "rate" must be 0 or at least 0.1, got 0.01',
    ],
    [
      'a step of more starts than can be prepared',
      `load: { time: 1m }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 500 }')}`,
      'a.yaml:4:38: 500 a second for 60 s are 30000 starts in one step, and 10000 are the most',
    ],
    [
      'a load that nobody asks for',
      `load: { time: 1s }\n${onlyEntry('{ guest: tiny, tier: cold }')}`,
      'a.yaml:1:7: "load" says how VMs are asked for at a "rate", and no cell has one',
    ],
    [
      'a limit that is no time',
      `load: { p95Limit: [50ms, 50] }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:26: an entry of "p95Limit" must be a duration such as 500ms, 60s or 5m, at most 24h, got 50',
    ],
    [
      'a limit that a step is too short for',
      `load: { time: 2s, p95Limit: [50ms, 1s] }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:29: a limit of 1 s takes steps of at least 10 s, and "time" is 2 s',
    ],
    [
      'arrivals of another kind',
      `load: { arrivals: uniform }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:19: "arrivals" must be one of poisson, even, got "uniform"',
    ],
    [
      'more alive than a base point keeps',
      `load: { aliveLimit: 1001 }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:21: "aliveLimit" must be at most 1000, got 1001',
    ],
    [
      'a load with a misspelt key',
      `load: { p95limit: 5ms }\n${onlyEntry('{ guest: tiny, tier: cold, rate: 5 }')}`,
      'a.yaml:1:9: unknown key "p95limit" (did you mean "p95Limit"?)',
    ],
    [
      'more at once than a base point keeps alive',
      onlyEntry('{ guest: tiny, tier: cold, concurrency: 1001 }'),
      'a.yaml:3:45: "concurrency" must be at most 1000, got 1001',
    ],
    [
      'more samples at least than at most',
      fileWith('until: { min: 30, max: 20 }'),
      'a.yaml:1:8: "min" is 30 and "max" only 20',
    ],
    [
      'fewer samples than an interval takes',
      fileWith('until: { min: 5 }'),
      'a.yaml:1:15: "min" must be at least 6, got 5',
    ],
    [
      'a precision in percent',
      fileWith('until: { relative_ci: 3 }'),
      'a.yaml:1:23: "relative_ci" must be at most 1, got 3',
    ],
    [
      'a misspelt limit',
      fileWith('until: { tiem: 5m }'),
      'a.yaml:1:10: unknown key "tiem" (did you mean "time"?)',
    ],
    ['no runs', fileWith('runs: 0'), 'a.yaml:1:7: "runs" must be at least 1, got 0'],
    [
      'a name that is no file name',
      'name: My Run\nmatrix: []\n',
      'a.yaml:1:7: "name" must be lower-case letters, digits, "-" and ".", got "My Run"',
    ],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(errorOf(text)).toBe(error);
  });
});

describe('a wrong shape is refused', () => {
  const cases: readonly Case[] = [
    ['an empty file', '', 'a.yaml:1:1: the file must be a map, got nothing'],
    ['only a comment', '# soon\n', 'a.yaml:1:1: the file must be a map, got nothing'],
    ['a list at the top', '- a\n- b\n', 'a.yaml:1:1: the file must be a map, got ["a","b"]'],
    ['a word at the top', 'hello\n', 'a.yaml:1:1: the file must be a map, got "hello"'],
    [
      'an empty matrix',
      'name: x\nmatrix: []\n',
      'a.yaml:2:9: "matrix" must be a list with at least one entry, got []',
    ],
    [
      'a map for the matrix',
      'name: x\nmatrix:\n  guest: tiny\n',
      'a.yaml:3:3: "matrix" must be a list, got {"guest":"tiny"}',
    ],
    [
      'a word for an entry',
      onlyEntry('tiny'),
      'a.yaml:3:5: an entry of "matrix" must be a map, got "tiny"',
    ],
    [
      'an empty list of tiers',
      onlyEntry('{ guest: tiny, tier: [] }'),
      'a.yaml:3:26: "tier" must be a list with at least one entry, got []',
    ],
    [
      'an empty list of sizes',
      entryWith('memory: []'),
      'a.yaml:5:13: "memory" must be a list with at least one entry, got []',
    ],
    [
      'a list in a list',
      onlyEntry('{ guest: tiny, tier: [[cold]] }'),
      `a.yaml:3:27: an entry of "tier" must be one of ${tiers}, got ["cold"]`,
    ],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(errorOf(text)).toBe(error);
  });
});

describe('what is no plain YAML is refused', () => {
  const cases: readonly Case[] = [
    [
      'a key given twice',
      'name: x\nname: y\n',
      'a.yaml:2:1: the key "name" is already given above',
    ],
    [
      'a key given twice in an entry',
      entryWith("'tier': restore"),
      'a.yaml:5:5: the key "tier" is already given above',
    ],
    [
      'a bracket that is not closed',
      'name: x\nmatrix:\n  - guest: [tiny\n    tier: cold\n',
      'a.yaml:4:5: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a tab', 'name: x\nmatrix:\n\t- a\n', 'a.yaml:3:1: tabs are not allowed as indentation'],
    [
      'two documents',
      'name: x\n---\nname: y\n',
      'a.yaml:2:1: the file must be one YAML document, got a second one',
    ],
    [
      'an alias of nothing',
      'name: *x\nmatrix: []\n',
      'a.yaml:1:7: the alias "*x" refers to no anchor before it',
    ],
    [
      'an alias of what it stands in',
      'name: x\nmatrix: &m [*m]\n',
      'a.yaml:2:13: the alias "*m" contains itself',
    ],
    ['a list for a key', entryWith('? [a]\n    : 3'), 'a.yaml:5:7: a key must be text'],
    ['bytes for a key', entryWith('? !!binary aGk=\n    : 3'), 'a.yaml:5:16: a key must be text'],
    ['an alias for a key', 'name: &n x\n*n : 3\n', 'a.yaml:2:1: a key must be text'],
    ['an unknown tag', entryWith('memory: !megs 3'), 'a.yaml:5:13: unresolved tag: !megs'],
    [
      'aliases that grow without end',
      'a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c]\n',
      'a.yaml:1:1: the file cannot be used: excessive alias count indicates a resource exhaustion attack',
    ],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(errorOf(text)).toBe(error);
  });
});

describe('positions', () => {
  it('count from the first character of a file with a byte order mark', () => {
    expect(errorOf('\ufeffnmae: x\n')).toBe(
      'a.yaml:1:1: unknown key "nmae" (did you mean "name"?)',
    );
  });

  it('are right in a file with CR LF', () => {
    const text = entryWith('memory: 1').replaceAll('\n', '\r\n');
    expect(errorOf(text)).toContain('a.yaml:5:13: "memory"');
  });

  it('show long values cut short, on one line', () => {
    const error = errorOf(fileWith(`seed: "${'long\\n'.repeat(50)}"`));
    expect(error).toBe(`a.yaml:1:7: "seed" must be a number, got "${'long\\n'.repeat(9)}lo...`);
  });
});

describe('no text makes the parser fail in another way', () => {
  const isOneLine = (text: string) => {
    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).message).toMatch(/^a\.yaml:\d+:\d+: .+$/);
    }
  };

  it('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), isOneLine));
  });

  it('random pieces of YAML', () => {
    const pieces = [
      ...['name', 'matrix', 'tier', 'guest', 'cold', 'tiny', 'x', '1', '256M', 'null', '~', '<<'],
      ...[': ', ':', '\n', '\n  ', '\n    ', '- ', '[', ']', '{', '}', ', ', '? ', '"', "'", ' '],
      ...['&a ', '*a', '!!set ', '!!binary ', '|\n', '>-\n', '---\n', '...\n', '# ', '%', '\t'],
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        isOneLine(parts.join(''));
      }),
      { numRuns: 1000 },
    );
  });

  it('random values in the right places', () => {
    const value = fc.json({ maxDepth: 3 });
    const keys = ['memory', 'vcpus', 'tier', 'guest', 'workingSet', 'backing', 'firmware'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, (key, json) => {
        isOneLine(`name: x\nmatrix: [{"${key}": ${json}, "tier ": 1}]\n`);
        isOneLine(`name: x\nmatrix:\n  - ${key}: ${json}\n`);
      }),
    );
  });
});
