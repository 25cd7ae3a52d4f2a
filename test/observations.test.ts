import { describe, expect, it } from 'vitest';

import { observations } from '../src/observations.js';

const row = (round: number, ms: number, more: Readonly<Record<string, string>> = {}) => ({
  ...{ round: String(round), ready_ms: String(ms), concurrency: '1' },
  ...more,
});

describe('one observation', () => {
  it('is a start, where starts are made by themselves, as in files that do not say so', () => {
    expect(observations([row(1, 5), row(2, 7), row(2, 6)], 'ready_ms')).toEqual([5, 7, 6]);
  });

  it.each([{ concurrency: '3' }, { alive: '3' }, { rate: '3' }])(
    'is a round, where they are not: %o',
    (more) => {
      const rows = [row(1, 5, more), row(1, 9, more), row(1, 6, more), row(2, 7, more)];
      expect(observations(rows, 'ready_ms')).toEqual([6, 7]);
    },
  );
});
