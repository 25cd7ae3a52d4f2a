import { describe, expect, it } from 'vitest';

import type { BootStageName } from '../../src/boot-stages.js';
import { sideOf } from '../../src/commands/sides.js';
import { bootParts } from '../../src/output/boot/boot-md.js';
import { bootFindings } from '../../src/output/boot/findings.js';
import { bootSection } from '../../src/output/html/boot-section.js';
import { ladderRows } from '../../src/output/ladder.js';
import { baselineOf } from '../../src/results/baseline.js';
import type { TracedBoot } from '../../src/results/boots.js';
import type { StoredRun } from '../../src/results/run-folder.js';
import { summarise } from '../../src/summarise.js';
import { cellsOf, failedSample, found, okSample, recordOf, rowsOf } from '../results/made-run.js';

const cells = cellsOf(
  'guest: linux, tier: cold, image: [vmlinux, bzImage], trace: [none, initcalls]',
);
const [plain, traced, , packed] = cells;

function bootOf(cell: string, order: number, scale: number): TracedBoot {
  const stage = (name: BootStageName, atMs: number, ms: number) => ({
    ...{ name, atMs: atMs * scale, ms: ms * scale },
  });
  return {
    ...{ cell, order, firstInstructionMs: 40 * scale, initMs: 440 * scale, shortInitcallsMs: 1 },
    stages: [stage('firmware', 40, 60), stage('early', 100, 100), stage('initcalls', 200, 232)],
    initcalls: [
      { name: 'acpi_init', atMs: 210 * scale, ms: 100 * scale },
      ...(order % 2 === 0 ? [] : [{ name: 'rare_init', atMs: 350 * scale, ms: 50 * scale }]),
    ],
    steps: [{ name: `clocksource: max_cycles: 0x${order}f`, atMs: 110 * scale, ms: 80 * scale }],
  };
}

const scales = [1, 1.1, 1.2, 1.3, 1.4];

function runOf(failedToo = false): StoredRun {
  const samples = [plain, traced, packed].flatMap((cell) =>
    scales.flatMap((scale, index) => {
      const one = found(cell);
      return rowsOf(one, [okSample(one, index + 1, (one === plain ? 500 : 550) * scale)]);
    }),
  );
  const failing = found(traced);
  return {
    ...{ folder: '', record: recordOf(cells) },
    samples: failedToo ? [...samples, ...rowsOf(failing, [failedSample(failing, 9)])] : samples,
    boots: [traced, packed].flatMap((cell) =>
      scales.map((scale, index) => bootOf(found(cell).id, index + 1, scale)),
    ),
  };
}

describe('what is said of boots that were traced', () => {
  const [finding, other] = bootFindings(runOf());

  it('is the median of each stage, and of what is in none', () => {
    expect(finding?.parts.map(({ name, ms }) => [name, Math.round(ms)])).toEqual([
      ['firmware', 72],
      ['early', 120],
      ['initcalls', 278],
      ['rest', 10],
    ]);
    expect(finding?.totalMs).toBeCloseTo(480);
    expect(finding?.covered).toBeCloseTo(0.98);
  });

  it('is the longest initcalls; one that a boot does not list took it nothing', () => {
    expect(finding?.initcalls.map(({ name, ms }) => [name, Math.round(ms)])).toEqual([
      ['acpi_init', 120],
      ['rare_init', 50],
    ]);
  });

  it('is the longest steps, whatever number their lines name', () => {
    expect(finding?.steps).toHaveLength(1);
    expect(finding?.steps[0]?.ms).toBeCloseTo(96);
  });

  it('tells what tracing costs, by the same boot without', () => {
    expect(finding?.cost?.untraced).toBe(found(plain).id);
    expect(finding?.cost?.shift.estimate).toBeGreaterThan(0);
    expect(other?.cost).toBeUndefined();
    expect(bootParts(runOf()).join('\n')).toContain(
      'linux, bzImage: what tracing costs is not known',
    );
  });

  it('names cells by their guest and what tells them apart', () => {
    expect([finding?.label, other?.label]).toEqual(['linux, vmlinux', 'linux, bzImage']);
  });

  it('stands in both reports', () => {
    const markdown = bootParts(runOf()).join('\n');
    for (const text of [markdown, bootSection(runOf())?.text ?? '']) {
      for (const word of ['firmware', 'acpi_init', 'clocksource: max_cycles', 'not attributed']) {
        expect(text).toContain(word);
      }
    }
    expect(bootParts({ ...runOf(), boots: [] })).toEqual([]);
  });
});

describe('a cell that was traced', () => {
  const run = runOf(true);
  const summary = summarise(run.record, run.samples);

  it('is in no figure of the ladder', () => {
    expect(summary.cells.map(({ id }) => id)).toEqual([found(plain).id]);
    expect(ladderRows(summary, run.record)).toHaveLength(1);
    expect(summary.cells[0]?.n).toBe(scales.length);
  });

  it('has its failures told all the same', () => {
    const [failing] = summary.traced;
    expect([failing?.id, failing?.failed]).toEqual([found(traced).id, 1]);
    expect(failing?.warnings.map(({ kind }) => kind)).toEqual(['failures']);
  });

  it('is in no verdict and in no baseline', () => {
    const side = sideOf(run, 'x');
    const baseline = baselineOf(run, []);
    for (const { cells: kept, samples } of [side, baseline]) {
      expect(kept.map(({ trace }) => trace)).toEqual(['none', 'none']);
      expect(samples.every((row) => row['trace'] === 'none')).toBe(true);
      expect(samples).toHaveLength(scales.length);
    }
  });
});
