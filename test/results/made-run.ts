// A run as the tests of results and output need it: cells of a small plan, with samples made up.

import { hostFingerprint } from '../../src/host/facts.js';
import type { Qemu } from '../../src/host/qemu.js';
import { hostWarnings } from '../../src/host/show.js';
import type { Marks } from '../../src/marks.js';
import type { Sample } from '../../src/measure/sample.js';
import type { Cell } from '../../src/plan/cell.js';
import { toRecord, type SampleRecord } from '../../src/results/columns.js';
import type { RunRecord } from '../../src/results/record.js';
import { factsOf } from '../host/fixture-host.js';
import { emulated, hostWith, planOf, qemuOf } from '../plan/planning.js';

export const runId = '20260102T030405Z-x';

export function cellsOf(...entries: readonly string[]): readonly Cell[] {
  return planOf(entries, {}, hostWith({ kvm: emulated })).cells;
}

/** What `find` should have found. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing was found');
  return value;
}

export function recordOf(cells: readonly Cell[], replaced: Partial<RunRecord> = {}): RunRecord {
  const facts = factsOf('vm');
  return {
    ...{ format: 1, basepoint: '0.1.0', runId, state: 'complete', node: 'v20.19.0', seed: 1 },
    startedAt: '2026-01-02T03:04:05.678Z',
    finishedAt: '2026-01-02T03:05:00.000Z',
    command: ['basepoint', 'run', 'x.yaml', '--seed', '1'],
    plannedStarts: 64,
    scenarios: [{ file: 'x.yaml', text: 'name: x\n' }],
    cells: cells.map((cell) => ({
      ...cell,
      guestVersion: '1',
      kernelSha256: '0123456789abcdef'.repeat(4),
      initramfsSha256: undefined,
      commandLine: '',
      firmwareKind: 'qboot',
      firmwareSha256: 'fedcba9876543210'.repeat(4),
      templateKey: undefined,
      stateBytes: undefined,
    })),
    skipped: [],
    host: {
      fingerprint: hostFingerprint(facts),
      kvm: emulated,
      facts,
      warnings: hostWarnings(facts),
    },
    qemus: [qemuOf('7.2.22')].flatMap((one): Qemu[] => (one.state === 'usable' ? [one.qemu] : [])),
    ...replaced,
  };
}

/** Marks of a start whose `ready` is this late. */
export function marksAt(tier: Cell['tier'], readyMs: number): Marks {
  const early = tier === 'cold' ? { kernel: 0.6, init: 0.8 } : { resumed: 0.9 };
  const parts = Object.entries(early).map(([name, part]) => [name, part * readyMs]);
  return {
    vmm_ready: 0.5 * readyMs,
    ...(Object.fromEntries(parts) as Marks),
    ready: readyMs,
    work: 1.25 * readyMs,
    exit: 1.5 * readyMs,
  };
}

export function okSample(cell: Cell, order: number, readyMs: number): Sample {
  return {
    ...{ state: 'ok', cell: cell.id, round: order, order, phase: 'measure', member: 1 },
    marks: marksAt(cell.tier, readyMs),
    stages: {},
    insideMarks: {},
    usage: { cpuMs: 12.5, rssKiB: 40_000, pssKiB: 20_000, privateDirtyKiB: 1000 },
    guestId: 'ab-cd-1',
  };
}

export function failedSample(
  cell: Cell,
  order: number,
  failure = 'QEMU exited with code 1 before mark "ready"',
  marks: Marks = { vmm_ready: 40 },
): Sample {
  const place = { cell: cell.id, round: order, order, phase: 'measure', member: 1 } as const;
  return { ...place, state: 'failed', failure, marks, evidence: 'stderr, last 20 lines: none' };
}

export function rowsOf(cell: Cell, samples: readonly Sample[]): readonly SampleRecord[] {
  return samples.map((sample) => toRecord(runId, sample, cell));
}

/** Rows of successful starts that were ready after these times. */
export function readyRows(cell: Cell, readyMs: readonly number[]): readonly SampleRecord[] {
  return rowsOf(
    cell,
    readyMs.map((ms, index) => okSample(cell, index + 1, ms)),
  );
}
