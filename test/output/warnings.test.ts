import { describe, expect, it } from 'vitest';

import { createRandom } from '../../src/statistics/random.js';
import { summarise } from '../../src/summarise.js';
import { spawningWarning, warningText } from '../../src/warnings.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from '../results/made-run.js';
import { normalSample, repeat } from '../statistics/support.js';

const [cold] = cellsOf('guest: tiny, tier: cold, memory: 32M').map(found);
const cell = found(cold);

/** The warnings of a cell whose starts were ready after these times, and that failed so often. */
function warningsOf(readyMs: readonly number[], failures = 0) {
  const failed = repeat(failures, (index) => failedSample(cell, 1000 + index));
  const rows = [...readyRows(cell, readyMs), ...rowsOf(cell, failed)];
  return found(summarise(recordOf([cell]), rows).cells[0]).warnings;
}

/** 40 starts of about 100 ms, with 1 % of noise. */
const quiet = normalSample(createRandom(3), 40, 100, 1);

describe('a cell', () => {
  it('of quiet starts has no warning', () => {
    expect(warningsOf(quiet)).toEqual([]);
  });

  it('whose marks came in one read says in how many starts, and that ready is an upper bound', () => {
    const seenAtOnce = (count: number) => {
      const rows = readyRows(cell, quiet).map((row, index) =>
        index < count ? { ...row, ready_ms: row['work_ms'] ?? '' } : row,
      );
      const { warnings } = found(summarise(recordOf([cell]), rows).cells[0]);
      return warnings.find(({ kind }) => kind === 'atOnce');
    };
    expect(seenAtOnce(2)).toBeUndefined();
    expect(seenAtOnce(3)?.seen).toMatch(
      /^in 3 of 40 starts the harness read ready and work at once: ready is late there/,
    );
  });

  it('says what part of it was spawning, where that is much', () => {
    expect(spawningWarning(4.9, [100, 300])).toBeUndefined();
    expect(spawningWarning(4.9, [])).toBeUndefined();
    expect(spawningWarning(12, [100, 300])?.seen).toBe(
      'spawning alone took 12.0 ms on this host (p50, a small program in place of QEMU): 12.0 % of ready, which clones do not pay',
    );
    expect(spawningWarning(12, [110, 100, 300])?.seen).toContain(
      '12.0 % of ready, and more than 5 % in 1 other cell, which',
    );
  });

  it('that drifted says by how much', () => {
    const drifting = quiet.map((ms, index) => ms + index / 4);
    expect(warningsOf(drifting).map(({ kind }) => kind)).toEqual(['drift']);
    expect(found(warningsOf(drifting)[0]).seen).toMatch(
      /^ready drifted by \+6\.\d % from the first third of the run to the last$/,
    );
  });

  it('that became faster says so too', () => {
    const drifting = quiet.map((ms, index) => ms - index / 4);
    expect(found(warningsOf(drifting)[0]).seen).toContain('ready drifted by -');
  });

  it('whose starts resemble the one before says so, and what it means', () => {
    const waves = quiet.map((ms, index) => ms + 3 * Math.sin((2 * Math.PI * index) / 10));
    const [warning, ...others] = warningsOf(waves);
    expect(others).toEqual([]);
    expect(found(warning).kind).toBe('correlation');
    expect(warning?.seen).toMatch(
      /^a start resembles the one before it in this cell \(lag-1 rank correlation \+0\.\d\d; independent starts stay within ±0\.52\), so the interval of the median is too narrow$/,
    );
  });

  it('whose slow and fast starts take turns says so', () => {
    const turns = quiet.map((ms, index) => ms + 4 * (index % 2));
    const [warning] = warningsOf(turns).filter(({ kind }) => kind === 'correlation');
    expect(warning?.seen).toContain('slow and fast starts take turns');
    expect(warning?.seen).toContain('correlation -0.');
  });

  it('has none of that among twenty quiet ones', () => {
    const random = createRandom(5);
    const kinds = repeat(20, () => warningsOf(normalSample(random, 30, 100, 5))).flat();
    expect(kinds.filter(({ kind }) => kind === 'correlation')).toEqual([]);
  });

  it('that mixes two kinds of start says where they are', () => {
    const mixed = quiet.map((ms, index) => (index % 2 === 0 ? ms : ms + 50));
    const [warning] = warningsOf(mixed).filter(({ kind }) => kind === 'modes');
    expect(warning?.seen).toMatch(
      /^ready has more than one mode: (99|100)\.\d ms \(50 %\), 1(49|50)\.\d ms \(50 %\)$/,
    );
  });

  it('whose first start was slow asks for warm-ups', () => {
    const [warning] = warningsOf([200, ...quiet]);
    expect(found(warning)).toMatchObject({ kind: 'slowFirst', do: 'take more warm-ups' });
    expect(warning?.seen).toMatch(
      /^the first measured start took 2\.0 times the median of the others$/,
    );
  });

  it('with many outliers counts them', () => {
    const far = quiet.map((ms, index) => (index % 10 === 5 ? ms + 10 + index : ms));
    const [warning] = warningsOf(far).filter(({ kind }) => kind === 'outliers');
    expect(warning?.seen).toBe('4 of 40 samples stand apart (modified z-score above 3.5)');
  });

  it('with failures says how many and why', () => {
    const [warning] = warningsOf(quiet, 2);
    expect(warningText(found(warning))).toBe(
      '2 of 42 starts failed: 2 x "QEMU exited with code 1 before mark "ready""; read the logs; the figures are of the starts that succeeded',
    );
  });

  it('of which all starts failed says only that', () => {
    expect(warningsOf([], 3).map(({ kind }) => kind)).toEqual(['failures']);
  });

  it('of too few starts says how many it takes', () => {
    expect(warningsOf([60, 61, 62, 63, 64]).map(warningText)).toEqual([
      '5 samples give no 95 % interval of the median; take at least 6, and 29 for a p90',
    ]);
  });
});
