import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { failedByRound, observations } from '../../src/observations.js';
import { baselineOf, baselineText, parseBaseline } from '../../src/results/baseline.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from './made-run.js';

/** Three rounds of four VMs each. */
function stored(knob: string) {
  const cell = found(cellsOf(`guest: tiny, tier: fork, memory: 32M, ${knob}`)[0]);
  const samples = [1, 2, 3].flatMap((round) =>
    readyRows(cell, [round, round, round, 9]).map((row) => ({ ...row, round: String(round) })),
  );
  return {
    samples,
    text: baselineText(baselineOf({ folder: '', record: recordOf([cell]), samples }, [])),
  };
}

describe('a baseline', () => {
  it.each(['concurrency: 4', 'alive: 4', 'rate: 4', 'concurrency: 1'])(
    'has as many observations as the run it was made of (%s)',
    (knob) => {
      const { samples, text } = stored(knob);
      const back = parseBaseline(text).samples;
      expect(observations(back, 'ready_ms')).toEqual(observations(samples, 'ready_ms'));
      expect(observations(back, 'ready_ms')).toHaveLength(knob.endsWith(' 1') ? 12 : 3);
    },
  );

  it('keeps which failed starts belong together', () => {
    const cell = found(cellsOf('guest: tiny, tier: fork, memory: 32M, concurrency: 4')[0]);
    const samples = [1, 2, 3].flatMap((round) =>
      [
        ...readyRows(cell, [round, round]),
        ...rowsOf(
          cell,
          Array.from({ length: round - 1 }, () => failedSample(cell, 1)),
        ),
      ].map((row) => ({ ...row, round: String(round) })),
    );
    const run = { folder: '', record: recordOf([cell]), samples };
    const back = parseBaseline(baselineText(baselineOf(run, []))).samples;
    expect(failedByRound(back)).toEqual([
      { events: 0, of: 2 },
      { events: 1, of: 3 },
      { events: 2, of: 4 },
    ]);
  });

  it('that has not kept the rounds of its failed starts is refused, where they tell something', () => {
    const cell = found(cellsOf('guest: tiny, tier: fork, memory: 32M, concurrency: 4')[0]);
    const failed = rowsOf(cell, [failedSample(cell, 1)]);
    const samples = [...readyRows(cell, [1, 2, 3]), ...failed].map((row) => ({
      ...row,
      round: '1',
    }));
    const run = { folder: '', record: recordOf([cell]), samples };
    const text = baselineText(baselineOf(run, [])).replace(/,\s*"failedRounds": \[[^\]]*\]/, '');
    const old = Object.entries(JSON.parse(text) as object).filter(([key]) => key !== 'sha256');
    const content = JSON.stringify(Object.fromEntries(old));
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(content).not.toContain('failedRounds');
    expect(() => parseBaseline(`{"sha256":"${sha256}",${content.slice(1)}`)).toThrow(
      /save the baseline again/,
    );
  });

  it('that was edited is refused', () => {
    expect(() => parseBaseline(stored('rate: 4').text.replace('"ready_ms"', '"work_ms"'))).toThrow(
      'its checksum does not fit',
    );
  });
});
