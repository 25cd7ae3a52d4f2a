import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logName } from '../../src/output/html/log-name.js';
import { RunFolder } from '../../src/results/run-folder.js';
import { syntheticRun } from './synthetic-run.js';

describe('the name of a log', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'basepoint-logs-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the one under which the run’s folder keeps it', async () => {
    const { record } = syntheticRun();
    const [first] = record.cells;
    if (first === undefined) throw new Error('no cell');
    const cell = { ...first, id: 'restore/a b--c/kvm/<../x>' };
    using results = await RunFolder.create(join(folder, 'run'), record, () => undefined);
    const start = { cell: cell.id, round: 1, order: 17, phase: 'measure', member: 1 } as const;
    results.take([{ ...start, state: 'failed', failure: 'x', marks: {}, evidence: '' }], cell);
    expect(await readdir(join(folder, 'run', 'logs'))).toEqual([logName(cell.id, '17')]);
  });

  it('holds nothing that an address could stumble over', () => {
    expect(logName('a/"><script>', '1" onclick=')).toBe('a-script--1.log');
  });
});
