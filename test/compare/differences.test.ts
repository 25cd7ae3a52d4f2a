import { expect, it } from 'vitest';

import { differencesOf } from '../../src/compare/differences.js';
import { cellsOf, recordOf } from '../results/made-run.js';

it('tells whether clones share their code in huge pages, and not how many those are', () => {
  const [cell] = recordOf(cellsOf('guest: tiny, tier: fork-loaded, memory: 32M')).cells;
  if (cell === undefined) throw new Error('no cell');
  const side = { ...recordOf([]), name: 'one', samples: [], looks: 1, skipped: [] };
  const between = (base: number | undefined, candidate: number | undefined) =>
    differencesOf(
      [
        {
          base: { ...cell, hugeCodeBytes: base },
          candidate: { ...cell, hugeCodeBytes: candidate },
        },
      ],
      side,
      side,
    );
  expect(between(3 * 2 ** 21, 4 * 2 ** 21)).toEqual([]);
  expect(between(0, 2 ** 22)).toEqual(["QEMU's code in huge pages: was false, is true"]);
  // A run from before it was done.
  expect(between(undefined, 2 ** 22)).toEqual(["QEMU's code in huge pages: was none, is true"]);
});
