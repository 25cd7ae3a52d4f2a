import { describe, expect, it } from 'vitest';

import { optionFindings } from '../../src/output/options/findings.js';
import { optionRows } from '../../src/output/options/tables.js';
import { optionParts } from '../../src/output/options/options-md.js';
import { summarise } from '../../src/summarise.js';
import { cellsOf, readyRows, recordOf } from '../results/made-run.js';

const cells = cellsOf(
  'guest: linux, tier: cold, image: [vmlinux, bzImage]',
  'guest: linux, tier: [cold, restore], kernelArguments: [a=1, b]',
);
const record = recordOf(cells);
const around = (ms: number) => Array.from({ length: 8 }, (_, index) => ms + index);
const readyMs: Readonly<Record<string, number>> = { bzImage: 700, 'a=1': 400, b: 500.5 };
const samples = cells.flatMap((cell) => {
  const key = cell.image === 'bzImage' ? 'bzImage' : cell.kernelArguments;
  return readyRows(cell, around(readyMs[key] ?? 500));
});
const summary = summarise(record, samples);

describe('what a choice wins', () => {
  const findings = optionFindings(summary, record);

  it('is told of boots that differ in one thing, against the first that the scenario names', () => {
    expect(findings.map(({ factor, base, option }) => [factor.title, base.id, option.id])).toEqual(
      [
        ['image', cells[0]?.id, cells[1]?.id],
        ['kernel arguments', cells[0]?.id, cells[2]?.id],
        ['kernel arguments', cells[0]?.id, cells[4]?.id],
      ].map(([title, base, option]) => [title, base, option]),
    );
  });

  it('is the shift of ready with its interval, positive where it is faster', () => {
    const rows = optionRows(findings);
    expect(rows.map((row) => [row[1], row[2], row[6]?.replace(/ .*/, ''), row[8]])).toEqual([
      ['bzImage', 'vmlinux', '-200', 'slower'],
      ['a=1', 'none added', '+100', 'faster'],
      ['b', 'none added', '-0.50', 'no difference'],
    ]);
    expect(rows[1]?.[6]).toMatch(/^\+100 \[\+9\d\.\d, \+10\d\]$/);
    expect(rows[1]?.[7]).toMatch(/^19\.\d %$/);
  });

  it('is not told of VMs that meet others, nor of two binaries of one version', () => {
    for (const entry of [
      'guest: tiny, tier: cold, memory: 32M, rate: [10, 20]',
      'guest: tiny, tier: cold, memory: 32M, qemu: [/opt/10/qemu, /opt/10b/qemu]',
    ]) {
      const alike = cellsOf(entry);
      const other = recordOf(alike);
      const rows = alike.flatMap((cell, index) => readyRows(cell, around(500 + 50 * index)));
      expect(alike).toHaveLength(2);
      expect(optionFindings(summarise(other, rows), other)).toEqual([]);
    }
  });

  it('is told once of a kernel, whatever is added to its command line', () => {
    const both = cellsOf("guest: [linux, tiny], accel: tcg, tier: cold, kernelArguments: ['', a]");
    const rows = both.flatMap((cell) => readyRows(cell, around(500)));
    const other = recordOf(both);
    expect(
      optionFindings(summarise(other, rows), other).map(({ factor, base }) => [
        factor.title,
        base.row['guest'],
        base.row['kernel_arguments'],
      ]),
    ).toEqual([
      ['kernel', 'linux', ''],
      ['kernel arguments', 'linux', ''],
      ['kernel arguments', 'tiny', ''],
    ]);
  });

  it('is no part of a report of which no two boots differ in one thing', () => {
    const alone = cellsOf('guest: linux, tier: [cold, restore]');
    const other = recordOf(alone);
    const rows = alone.flatMap((cell) => readyRows(cell, around(500)));
    expect(optionParts(summarise(other, rows), other)).toEqual([]);
    expect(optionParts(summary, record)).toHaveLength(3);
  });
});
