import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { parseLimits } from '../../src/parse/limits.js';
import { editorSchemas } from '../../src/parse/schema.js';

const home = join(import.meta.dirname, '../..');

function parse(text: string) {
  return parseLimits(text, 'l.yaml');
}

/** A file whose only entry this is, from line 2, column 5. */
function entry(text: string): string {
  return `limits:\n  - ${text}\n`;
}

describe('a limits file', () => {
  it('is one limit for each thing that is limited, in the unit of its metric', () => {
    const { limits } = parse(
      entry(
        '{ cells: fork/*, metric: [ready, pss], regression: { relative: 5%, absolute: 1ms } }',
      ).replace('[ready, pss]', '[ready, work]'),
    );
    expect(limits.map(({ check, cells, at }) => [cells, at, check])).toMatchObject([
      ['fork/*', 'l.yaml:2:5', { kind: 'regression', relative: 0.05, absolute: 1 }],
      ['fork/*', 'l.yaml:2:5', { kind: 'regression', metric: { name: 'work' } }],
    ]);
  });

  it('may limit memory, in KiB', () => {
    const { limits } = parse(entry('{ metric: pss, ceiling: { p50: 1.5M, p90: 2G } }'));
    expect(limits.map(({ check }) => check)).toMatchObject([
      { kind: 'ceiling', percentile: 'p50', most: 1536 },
      { kind: 'ceiling', percentile: 'p90', most: 2 * 1024 * 1024 },
    ]);
  });

  it('may limit several things of all cells in one entry', () => {
    const { limits } = parse(entry('{ ratio: { to: cold, most: 0.1 }, failureRate: 0.02 }'));
    expect(limits).toMatchObject([
      { cells: '*', check: { kind: 'ratio', to: 'cold', most: 0.1, metric: { name: 'ready' } } },
      { cells: '*', check: { kind: 'failure rate', most: 0.02 } },
    ]);
  });

  it('refuses what it does not say', () => {
    expect(parse(entry('failureRate: 2%'))).toMatchObject({
      ...{ alpha: 0.05, minimumSamples: 20, extraRounds: 40 },
      ...{ hostDifference: 'refuse', missingCells: 'refuse', newCells: 'refuse', hostFacts: {} },
    });
  });

  it.each(['default.yaml', 'quick.yaml'])('limits/%s is one', async (name) => {
    const text = await readFile(join(home, 'limits', name), 'utf8');
    expect(parse(text).limits.length).toBeGreaterThan(2);
  });

  it('is described by the schema that editors read', async () => {
    const file = 'limits/limits.schema.json';
    const written: unknown = JSON.parse(await readFile(join(home, file), 'utf8'));
    expect(written).toEqual(editorSchemas()[file]);
  });
});

describe('a mistake in a limits file is refused where it stands', () => {
  const cases: readonly (readonly [what: string, text: string, error: string])[] = [
    [
      'an unknown key',
      entry('failurRate: 2%'),
      'l.yaml:2:5: unknown key "failurRate" (did you mean "failureRate"?)',
    ],
    [
      'an unknown key of the file',
      `extraRound: 3\n${entry('failureRate: 2%')}`,
      'l.yaml:1:1: unknown key "extraRound" (did you mean "extraRounds"?)',
    ],
    [
      'an unknown host fact',
      `hostFacts: { microcod: warn }\n${entry('failureRate: 2%')}`,
      'l.yaml:1:14: unknown key "microcod" (did you mean "microcode"?)',
    ],
    [
      'an unknown metric',
      entry('{ metric: raedy, failureRate: 2% }'),
      '"metric" must be one of vmm_ready, kernel,',
    ],
    [
      'a part above all',
      entry('failureRate: 120%'),
      'l.yaml:2:18: "failureRate" must be a part such as 5% or 0.05, got "120%"',
    ],
    [
      'a bare number of percent',
      entry('failureRate: 5'),
      'l.yaml:2:18: "failureRate" must be a part such as 5% or 0.05, got 5',
    ],
    [
      'a regression with one floor',
      entry('regression: { relative: 5% }'),
      'l.yaml:2:17: "absolute" is missing',
    ],
    [
      'an amount that is none',
      entry('ceiling: { p50: fast }'),
      'l.yaml:2:21: "p50" must be a duration such as 1ms, or for memory a size such as 512K, got "fast"',
    ],
    [
      'a size of a time',
      entry('regression: { relative: 5%, absolute: 512K }'),
      'l.yaml:2:43: "absolute" of the metric ready must be a duration such as 1ms, got "512K"',
    ],
    [
      'a time of a size',
      entry('{ metric: rss, ceiling: { p90: 3ms } }'),
      'l.yaml:2:36: "p90" of the metric rss must be a size such as 512K, got "3ms"',
    ],
    [
      'an entry that limits nothing',
      entry('cells: "*"'),
      'l.yaml:2:5: an entry of "limits" must limit something: regression, ceiling, ratio or failureRate',
    ],
    [
      'an unknown tier',
      entry('ratio: { to: could, most: 1 }'),
      '"to" must be one of cold, restore, fork, fork-loaded, floor, crun, runc (did you mean "cold"?)',
    ],
    [
      'no limits',
      'limits: []',
      'l.yaml:1:9: "limits" must be a list with at least one entry, got []',
    ],
    ['nothing at all', '', 'l.yaml:1:1: the file must be a map, got nothing'],
  ];
  it.each(cases)('%s', (_, text, error) => {
    expect(() => parse(text)).toThrow(error);
  });
});
