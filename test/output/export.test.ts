import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { exportFormats, exportFormatNames } from '../../src/output/export/formats.js';
import { summarise } from '../../src/summarise.js';
import { cellsOf, failedSample, found, readyRows, recordOf, rowsOf } from '../results/made-run.js';

const cells = cellsOf('guest: tiny, tier: [cold, restore], memory: 32M');
const [cold, restore] = cells.map(found);
const summary = summarise(recordOf(cells), [
  ...readyRows(found(cold), [60.1, 62, 61, 65, 63, 64]),
  ...rowsOf(found(cold), [failedSample(found(cold), 7)]),
  ...readyRows(found(restore), [45.2, 45]),
]);

const accelOf = (accel: string) => `${accel} (emulated)`;

/** What the tools' own readers demand. */
const shapes = {
  'github-action-benchmark': z.array(
    z.strictObject({
      name: z.string(),
      unit: z.string(),
      value: z.number(),
      range: z.string().optional(),
      extra: z.string().optional(),
    }),
  ),
  bencher: z.record(
    z.string().max(1024),
    z.record(
      z.string().max(64),
      z.strictObject({
        value: z.number(),
        lower_value: z.number().optional(),
        upper_value: z.number().optional(),
      }),
    ),
  ),
  hyperfine: z.strictObject({
    results: z.array(
      z.strictObject({
        command: z.string(),
        mean: z.number(),
        stddev: z.number().nullable(),
        median: z.number(),
        user: z.number().nullable(),
        system: z.number().nullable(),
        min: z.number(),
        max: z.number(),
        times: z.array(z.number()),
        exit_codes: z.array(z.int()),
        parameters: z.record(z.string(), z.string()),
      }),
    ),
  }),
};

describe.each(exportFormatNames)('an export for %s', (format) => {
  const made = exportFormats[format](summary, ['ready', 'work', 'pss'], accelOf);

  it('is what it was', async () => {
    const text = `${JSON.stringify(made, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`../golden/export-${format}.json`);
  });

  it('has the shape that its reader takes', () => {
    expect(() => shapes[format].parse(made)).not.toThrow();
  });
});

describe('an export', () => {
  it('of times for hyperfine is in seconds, and leaves memory out', () => {
    const { results } = exportFormats.hyperfine(summary, ['ready', 'pss'], accelOf);
    expect(results.map(({ command, median }) => [command, median])).toEqual([
      ['cold/tiny/kvm/32M ready', 0.0625],
      ['restore/tiny/kvm/32M ready', 0.0451],
    ]);
    expect(results[0]?.times).toContain(0.0601);
  });

  it('says how many starts failed, and gives them no time', () => {
    const [first] = exportFormats.hyperfine(summary, ['ready'], accelOf).results;
    expect(first?.times).toHaveLength(6);
    expect(first?.parameters['failed']).toBe('1');
    const rate = exportFormats.bencher(summary, ['ready'])['cold/tiny/kvm/32M']?.['failure-rate'];
    expect(rate?.value).toBeCloseTo(1 / 7, 9);
  });
});
