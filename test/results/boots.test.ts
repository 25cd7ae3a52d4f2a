import { describe, expect, it } from 'vitest';

import type { BootTrace } from '../../src/boot-stages.js';
import { csvText } from '../../src/csv.js';
import { bootColumns, bootRows, readBoots } from '../../src/results/boots.js';
import { cellsOf, failedSample, found, okSample, runId } from './made-run.js';

const cell = found(cellsOf('guest: linux, tier: cold, trace: initcalls')[0]);
const boot: BootTrace = {
  ...{ firstInstructionMs: 40, initMs: 440.5 },
  stages: [
    { name: 'firmware', atMs: 40, ms: 60.25 },
    { name: 'initcalls', atMs: 100.25, ms: 200 },
  ],
  initcalls: [
    { name: 'acpi_init', atMs: 110, ms: 105.5 },
    { name: 'short, but called', atMs: 220, ms: 0.06 },
    { name: 'shorter', atMs: 221, ms: 0.03 },
  ],
  steps: [{ name: 'a line, with "quotes"', atMs: 70, ms: 8 }],
};
const rows = (order: number, ms = 8) =>
  bootRows(runId, {
    ...okSample(cell, order, 450),
    ...{ state: 'ok', boot: { ...boot, steps: [{ name: 'x', atMs: 1, ms }] } },
  } as ReturnType<typeof okSample>);
const head = csvText([], bootColumns);

describe('boot.csv', () => {
  it('gives back what was written, short initcalls as one sum', () => {
    const sample = { ...okSample(cell, 3, 450), boot } as ReturnType<typeof okSample>;
    const [read] = readBoots(head + bootRows(runId, sample));
    expect(read).toEqual({
      ...{ cell: cell.id, order: 3, firstInstructionMs: 40, initMs: 440.5 },
      ...{ stages: boot.stages, steps: boot.steps, shortInitcallsMs: 0.09 },
      initcalls: boot.initcalls.slice(0, 1),
    });
  });

  it('has no rows of a boot that was not traced, or failed', () => {
    expect(bootRows(runId, okSample(cell, 1, 450))).toBe('');
    expect(bootRows(runId, failedSample(cell, 1))).toBe('');
  });

  it('counts the later rows of a start that was repeated, even where the first are torn', () => {
    const torn = rows(1, 5).split('\n').slice(0, 3).join('\n');
    const boots = readBoots(`${head}${torn}\n${rows(2)}${rows(1, 9)}`);
    expect(boots.map(({ order, steps }) => [order, steps[0]?.ms])).toEqual([
      [1, 9],
      [2, 8],
    ]);
    expect(boots[0]?.stages).toHaveLength(2);
  });

  it.each([
    [
      'a stage nobody knows',
      rows(1).replace(',stage,firmware,', ',stage,hardware,'),
      'unknown stage "hardware"',
    ],
    ['a kind nobody knows', rows(1).replace(',stage,', ',stag,'), 'unknown kind "stag"'],
    ['a time that is none', rows(1).replace('60.250', 'soon'), '"ms" must be a number'],
    [
      'rows without their first',
      rows(1).split('\n').slice(1).join('\n'),
      'no row "boot" of start 1',
    ],
  ])('is refused with its line where it has %s', (_what, text, message) => {
    expect(() => readBoots(head + text)).toThrow(new RegExp(`^boot.csv: line \\d+: .*${message}`));
  });
});
