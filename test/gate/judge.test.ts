import { describe, expect, it } from 'vitest';

import { exitOf, isSuspicious, outcomes, type Outcome } from '../../src/gate/verdict.js';
import { matches } from '../../src/gate/rules.js';
import { compareSides } from '../../src/compare/compare.js';
import type { Side } from '../../src/compare/comparison.js';
import { around, caseOf, cells, failures, ready, sideOf, usual, verdictOf } from './sides.js';
import { cellsOf, found, readyRows, recordOf } from '../results/made-run.js';

const [cold, fork] = cells;
const coldId = 'cold/tiny/kvm/32M';
const forkId = 'fork/tiny/kvm/32M';
const base = sideOf('base', ready(cold, around(60)), ready(fork, around(14)));

/** The baseline with other values of `fork`. */
function withFork(values: readonly number[], failed = 0): Side {
  return sideOf('head', ready(cold, around(60)), ready(fork, values), failures(fork, failed));
}

function outcomeOf(candidate: Side, check = 'ready', text = usual): Outcome {
  return caseOf(verdictOf(base, candidate, text), forkId, check).outcome;
}

describe('the gate', () => {
  it('passes what is the same', () => {
    const verdict = verdictOf(base, { ...base, name: 'head' });
    expect(verdict.cases.map(({ outcome }) => outcome)).toEqual(verdict.cases.map(() => 'passed'));
    expect(verdict.cases.map(({ cell, check }) => `${cell} ${check}`)).toEqual([
      ...[`${coldId} ready`, `${coldId} work`, `${coldId} failure rate`],
      ...[`${forkId} ready`, `${forkId} work`, `${forkId} failure rate`],
      `${forkId} ready of cold`,
    ]);
    expect(exitOf(verdict)).toBe(0);
  });

  it('stops what is slower by more than both floors', () => {
    const verdict = verdictOf(base, withFork(around(17)));
    expect(caseOf(verdict, forkId, 'ready').outcome).toBe('regressed');
    expect(caseOf(verdict, coldId, 'ready').outcome).toBe('passed');
    expect(exitOf(verdict)).toBe(1);
  });

  it('lets pass what is surely slower, but by less than a floor', () => {
    expect(outcomeOf(withFork(around(14.5)))).toBe('passed');
    const fine = usual.replace('absolute: 1ms', 'absolute: 0.1ms').replace('5%', '1%');
    expect(outcomeOf(withFork(around(14.5)), 'ready', fine)).toBe('regressed');
  });

  it('lets pass what is faster', () => {
    expect(exitOf(verdictOf(base, withFork(around(9))))).toBe(0);
  });

  it('catches one start in five that is 10 ms slower', () => {
    const mixed = around(14).map((ms, index) => (index % 5 === 0 ? ms + 10 : ms));
    expect(outcomeOf(withFork(mixed))).toBe('regressed');
  });

  it('says of too few samples that they are too few, and does not pass', () => {
    const verdict = verdictOf(base, withFork(around(14, 12)));
    expect(caseOf(verdict, forkId, 'ready')).toMatchObject({
      outcome: 'too few',
      because: '12 samples, and at least 20 are asked for',
    });
    expect(exitOf(verdict)).toBe(4);
  });

  it('does not pass where no start succeeded', () => {
    const none = withFork([], 40);
    expect(outcomeOf(none)).toBe('error');
    expect(outcomeOf(none, 'failure rate')).toBe('regressed');
    const unlimited = 'limits: [{ regression: { relative: 5%, absolute: 1ms } }]';
    expect(exitOf(verdictOf(base, none, unlimited))).toBe(3);
  });
});

describe('a fixed limit', () => {
  it.each([
    [0, 'passed'],
    [1, 'inconclusive'],
    [4, 'regressed'],
  ] as const)('of 2 %%: %d failures of 40 are %s', (failed, outcome) => {
    const candidate = withFork(around(14, 40 - failed), failed);
    expect(outcomeOf(candidate, 'failure rate')).toBe(outcome);
  });

  it.each([
    ['15ms', 'passed'],
    ['13.95ms', 'inconclusive'],
    ['13ms', 'regressed'],
  ] as const)('of %s for a p50 of 14 ms: %s', (most, outcome) => {
    const text = `limits: [{ cells: fork/*, ceiling: { p50: ${most} } }]`;
    expect(outcomeOf(withFork(around(14)), 'ready p50', text)).toBe(outcome);
  });

  it('of a percentile needs enough samples for its interval', () => {
    const text = 'limits: [{ ceiling: { p90: 1s, p99: 1s } }]';
    expect(outcomeOf(withFork(around(14)), 'ready p90', text)).toBe('passed');
    expect(outcomeOf(withFork(around(14)), 'ready p99', text)).toBe('too few');
  });

  it.each([
    [0.25, 'passed'],
    [0.232, 'inconclusive'],
    [0.2, 'regressed'],
  ] as const)('of %d x cold for a ratio of 0.233: %s', (most, outcome) => {
    const text = `limits: [{ cells: fork/*, ratio: { to: cold, most: ${most} } }]`;
    expect(outcomeOf(withFork(around(14)), 'ready of cold', text)).toBe(outcome);
  });

  it('of VMs that wait for one another counts their rounds, and takes the percentile of each', () => {
    const [burst] = cellsOf('guest: tiny, tier: fork, memory: 32M, concurrency: 60');
    const { host, cells: recorded, qemus } = recordOf([found(burst)]);
    const side = (rounds: number): Side => {
      const members = (round: number) =>
        readyRows(found(burst), around(14 + 0.01 * round, 60)).map((row) => ({
          ...row,
          round: String(round),
        }));
      const samples = Array.from({ length: rounds }, (_, index) => members(index)).flat();
      return { name: 'burst', host, qemus, cells: recorded, samples, skipped: [], looks: 1 };
    };
    const judged = (rounds: number, limit: string) => {
      const text = `minimumSamples: 20\nlimits: [{ ${limit} }]`;
      return verdictOf(side(rounds), side(rounds), text).cases.map(({ outcome }) => outcome);
    };
    expect(judged(6, 'ceiling: { p90: 1s }')).toEqual(['too few']);
    expect(judged(6, 'failureRate: 90%')).toEqual(['too few']);
    expect(judged(30, 'ceiling: { p90: 1s }')).toEqual(['passed']);
    // Each round's median is below, its p90 above.
    expect(judged(30, 'ceiling: { p90: 14.3ms }')).toEqual(['regressed']);
  });

  it('of failures takes a round that failed as a whole for what it is: one observation', () => {
    const [burst] = cellsOf('guest: tiny, tier: fork, memory: 32M, concurrency: 50');
    const cell = found(burst);
    const { host, cells: recorded, qemus } = recordOf([cell]);
    const side = (failedIn: (round: number) => number): Side => {
      const samples = Array.from({ length: 20 }, (_, round) => {
        const failed = failedIn(round);
        return [...ready(cell, around(14, 50 - failed)), ...failures(cell, failed)].map((row) => ({
          ...row,
          round: String(round),
        }));
      }).flat();
      return { name: 'burst', host, qemus, cells: recorded, samples, skipped: [], looks: 1 };
    };
    const none = side(() => 0);
    const limit = 'minimumSamples: 20\nlimits: [{ failureRate: 2% }]';
    const wholeRound = verdictOf(
      none,
      side((round) => (round === 7 ? 50 : 0)),
      limit,
    );
    expect(wholeRound.cases).toMatchObject([{ outcome: 'inconclusive' }]);
    expect(wholeRound.cases[0]?.because).toMatch(/^50 of 1000 starts failed/);
    const everywhere = side((round) => (round % 2 === 0 ? 3 : 2));
    expect(verdictOf(none, everywhere, limit).cases).toMatchObject([{ outcome: 'regressed' }]);
    // What compare says of them, by the same counting.
    const against = (candidate: Side) =>
      compareSides(none, candidate, { alpha: 0.05, seed: 1, resamples: 10 }).cells[0]?.failures
        .verdict;
    expect(against(side((round) => (round === 7 ? 50 : 0)))).not.toBe('regressed');
    expect(against(everywhere)).toBe('regressed');
  });

  it('of a ratio is an error where the other tier is missing', () => {
    const alone = sideOf('head', ready(fork, around(14)));
    const text = 'limits: [{ cells: fork/*, ratio: { to: cold, most: 1 } }]';
    expect(outcomeOf(alone, 'ready of cold', text)).toBe('error');
  });

  it('is the last of those that limit the same', () => {
    const text =
      'limits: [{ ceiling: { p50: 1ms } }, { cells: fork/*, ceiling: { p50: 1s } }, { cells: cold/*, ceiling: { p90: 1s } }]';
    const verdict = verdictOf(base, withFork(around(14)), text);
    expect(caseOf(verdict, forkId, 'ready p50').outcome).toBe('passed');
    expect(caseOf(verdict, coldId, 'ready p50').outcome).toBe('regressed');
  });
});

describe('a limit that would pass for ever is refused', () => {
  it('where it matches no cell', () => {
    expect(() => verdictOf(base, base, `limits:\n  - { cells: frok/*, failureRate: 0 }`)).toThrow(
      'l.yaml:2:5: no cell matches "frok/*"; cells: cold/tiny/kvm/32M, fork/tiny/kvm/32M',
    );
  });

  it('where no cell it matches has what it limits', () => {
    const text = 'limits:\n  - { metric: kernel, cells: fork/*, ceiling: { p50: 1s } }';
    expect(() => verdictOf(base, base, text)).toThrow(
      'l.yaml:2:5: none of the cells it matches has "kernel p50"',
    );
  });
});

describe('sides that are not alike', () => {
  const onlyCold: Side = { ...base, name: 'head', cells: base.cells.slice(0, 1) };

  it('are refused where a cell is missing, or new, unless limits let it pass', () => {
    for (const [a, b] of [
      [base, onlyCold],
      [onlyCold, base],
    ] as const) {
      const verdict = verdictOf(a, b, 'limits: [{ failureRate: 2% }]');
      expect(verdict.cases).toMatchObject([{ cell: forkId, outcome: 'error' }]);
      expect(exitOf(verdict)).toBe(3);
      const lenient = 'missingCells: warn\nnewCells: warn\nlimits: [{ failureRate: 2% }]';
      const passed = verdictOf(a, b, lenient);
      expect(exitOf(passed)).toBe(0);
      expect(passed.warnings).toContainEqual(expect.stringContaining(`${forkId}: is in`));
    }
  });

  it('are refused where the candidate skipped a cell that is limited, unless limits let it pass', () => {
    const floors = cellsOf('guest: tiny, tier: floor, memory: 32M');
    const skipped = floors.map((cell) => ({ cell, because: 'there is no KVM', asked: false }));
    const head: Side = { ...base, name: 'head', skipped };
    const limits = 'limits: [{ failureRate: 2% }, { cells: floor/*, failureRate: 5% }]';
    const verdict = verdictOf(base, head, limits);
    expect(verdict.cases).toMatchObject([
      { cell: found(floors[0]).id, check: 'measured', outcome: 'error' },
    ]);
    expect(exitOf(verdict)).toBe(3);
    const passed = verdictOf(base, head, `skippedCells: warn\n${limits}`);
    expect(exitOf(passed)).toBe(0);
    expect(passed.warnings).toContainEqual(
      expect.stringContaining('was skipped, because there is no KVM'),
    );
    // One that only the baseline has is not missing, if it was skipped here: so they say already.
    const { host, cells: recorded, qemus } = recordOf([...cells, ...floors]);
    const withFloor: Side = { ...base, host, qemus, cells: recorded };
    expect(exitOf(verdictOf(withFloor, head, `skippedCells: warn\n${limits}`))).toBe(0);
    expect(verdictOf(withFloor, head, limits).cases).toHaveLength(1);
    // Of what nothing limits there is nothing to refuse.
    const others = 'limits: [{ cells: "{cold,fork}/*", failureRate: 2% }]';
    expect(exitOf(verdictOf(base, head, others))).toBe(0);
  });

  it('are refused on other hosts, with the difference, unless limits let it pass', () => {
    const facts = { ...base.host.facts, cpuModel: { state: 'known', value: 'another' } as const };
    const other: Side = { ...base, host: { ...base.host, facts } };
    const text = 'limits: [{ failureRate: 2% }]';
    const verdict = verdictOf(base, other, text);
    expect(exitOf(verdict)).toBe(3);
    expect(verdict.cases).toMatchObject([{ cell: 'host', outcome: 'error' }]);
    expect(verdict.cases[0]?.because).toMatch(/, is another$/);
    expect(exitOf(verdictOf(base, other, `hostDifference: warn\n${text}`))).toBe(0);
    const ignored = verdictOf(base, other, `hostFacts: { cpuModel: ignore }\n${text}`);
    expect([exitOf(ignored), ignored.warnings]).toEqual([0, []]);
  });
});

describe('a side that has too few samples', () => {
  const few = sideOf('few', ready(cold, around(60, 8)), ready(fork, around(14, 8)));

  it('is mended by more rounds, unless it is the baseline that has them', () => {
    const limits = 'limits: [{ regression: { relative: 5%, absolute: 1ms } }]';
    const ofBase = verdictOf(few, base, limits);
    expect(ofBase.cases).toMatchObject([{ outcome: 'too few' }, { outcome: 'too few' }]);
    expect(ofBase.cases[0]?.because).toMatch(/^the baseline has 8 samples, and at least 20/);
    expect(isSuspicious(ofBase)).toBe(false);
    expect(exitOf(ofBase)).toBe(4);
    const ofCandidate = verdictOf(base, few, limits);
    expect(ofCandidate.cases[0]?.because).toMatch(/^8 samples, and at least 20/);
    expect(isSuspicious(ofCandidate)).toBe(true);
  });
});

describe('a verdict', () => {
  const of = (...found: readonly Outcome[]) => ({
    ...{ limits: '', base: '', candidate: '', warnings: [] },
    cases: found.map((outcome) => ({ cell: '', check: '', at: undefined, outcome, because: '' })),
  });

  it('is fine only where something passed and nothing else happened', () => {
    expect(exitOf(of())).toBe(3);
    expect(exitOf(of('passed'))).toBe(0);
    const others = outcomes.filter((outcome) => outcome !== 'passed');
    expect(others.map((outcome) => exitOf(of('passed', outcome)))).toEqual([1, 3, 4, 4]);
    expect(exitOf(of('error', 'regressed', 'inconclusive'))).toBe(1);
  });

  it('is suspicious where more samples may change it', () => {
    expect(outcomes.filter((outcome) => isSuspicious(of('passed', outcome)))).toEqual([
      ...['regressed', 'inconclusive', 'too few'],
    ]);
  });
});

describe('a pattern of cells', () => {
  it.each([
    ['*', 'fork/tiny/kvm/32M', true],
    ['fork/*', 'fork/tiny/kvm/32M', true],
    ['fork/*', 'fork-loaded/tiny/kvm/32M', false],
    ['{fork,fork-loaded}/*', 'fork-loaded/tiny/kvm/32M', true],
    ['*/kvm/*', 'fork/tiny/tcg/32M', false],
    ['*/fake.ready=20', 'restore/tiny/tcg/16M/fake.ready=20', true],
    ['*', 'cold/linux/kvm/1M/.hidden console=ttyS0 (a)', true],
  ] as const)('%s and %s: %s', (pattern, id, expected) => {
    expect(matches(pattern, id)).toBe(expected);
  });
});
