import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { EnvironmentError, UsageError } from '../../src/errors.js';
import { lastOfOldest, sampleColumns, toRecord } from '../../src/results/columns.js';
import { readCutShort, readRun, RunFolder } from '../../src/results/run-folder.js';
import { tierNames } from '../../src/tiers.js';
import { temporaryFolder } from '../host/fake-qemu.js';
import { cellsOf, failedSample, found, okSample, recordOf, runId } from './made-run.js';

const cells = cellsOf('guest: tiny, tier: [cold, restore], memory: 32M');
const cold = found(cells[0]);
const restore = found(cells[1]);
const record = recordOf(cells);

/** A run with two good samples, on lines 2 and 3, and a failed one on line 4. */
async function writeRun(path: string): Promise<void> {
  using folder = await RunFolder.create(path, record, () => undefined);
  folder.take([okSample(cold, 1, 60)], cold);
  folder.take([okSample(restore, 2, 50)], restore);
  folder.take([failedSample(cold, 3)], cold);
}

/** What reading says of a run whose samples.csv was changed so. */
async function errorAfter(change: (text: string) => string): Promise<string> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'run');
  await writeRun(path);
  const csv = join(path, 'samples.csv');
  await writeFile(csv, change(await readFile(csv, 'utf8')));
  return await errorOf(path);
}

async function errorOf(path: string): Promise<string> {
  const error: unknown = await readRun(path).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return (error as Error).message.replace(`${path} is no run that can be read: `, '');
}

/** Puts a value into a column of a line; line 1 is the header. */
function put(line: number, column: (typeof sampleColumns)[number], value: string) {
  return (text: string) => {
    const lines = text.split('\n').map((one) => one.split(','));
    found(lines[line - 1])[sampleColumns.indexOf(column)] = value;
    return lines.map((one) => one.join(',')).join('\n');
  };
}

describe('the folder of a run', () => {
  it('keeps samples as they were taken', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    await writeRun(path);
    const run = await readRun(path);
    expect(run.record).toEqual(JSON.parse(JSON.stringify(record)));
    expect(run.samples).toEqual([
      toRecord(runId, okSample(cold, 1, 60), cold),
      toRecord(runId, okSample(restore, 2, 50), restore),
      toRecord(runId, failedSample(cold, 3), cold),
    ]);
  });

  it('has a row on disk before the next start', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const lines: number[] = [];
    using run = await RunFolder.create(path, record, () => undefined);
    const count = async () =>
      (await readFile(join(path, 'samples.csv'), 'utf8')).split('\n').length;
    lines.push(await count());
    for (const order of [1, 2]) {
      run.take([okSample(cold, order, 60)], cold);
      lines.push(await count());
    }
    expect(lines).toEqual([2, 3, 4]);
  });

  it('keeps what a start failed with in a log, and none of the others', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    await writeRun(path);
    expect(await readdir(join(path, 'logs'))).toEqual(['cold-tiny-kvm-32M-3.log']);
    expect(await readFile(join(path, 'logs/cold-tiny-kvm-32M-3.log'), 'utf8')).toBe(
      'cold/tiny/kvm/32M, start 3, measure round 3: QEMU exited with code 1 before mark "ready"\nstderr, last 20 lines: none\n',
    );
  });

  it('is not put where something is', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'mine.txt'), '');
    await expect(RunFolder.create(folder.path, record, () => undefined)).rejects.toThrow(
      new UsageError(`${folder.path} exists and is not empty`),
    );
  });

  it('may be an empty one', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'run'));
    await writeRun(join(folder.path, 'run'));
  });

  it('is read although nothing was measured', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    (await RunFolder.create(path, record, () => undefined))[Symbol.dispose]();
    expect((await readRun(path)).samples).toEqual([]);
  });
});

describe('damaged samples are refused:', () => {
  const cases: readonly [what: string, change: (text: string) => string, error: string][] = [
    [
      'a line cut in the middle',
      (text) => text.slice(0, text.lastIndexOf(',failed,') + ',failed'.length),
      `samples.csv: Invalid Record Length: columns length is ${sampleColumns.length}, got 15 on line 4`,
    ],
    [
      'a last line that does not end',
      (text) => text.slice(0, -1),
      'samples.csv: line 4 is cut off',
    ],
    [
      'a quoted field that does not end',
      (text) => text.replace('""ready"""', '""ready""'),
      'samples.csv: Quote Not Closed: the parsing is finished with an opening quote at line 4',
    ],
    ['no line at all', () => '', 'samples.csv: line 1 is cut off'],
    [
      'a renamed column',
      put(1, 'ready_ms', 'ready'),
      'samples.csv: line 1: column 21 must be "ready_ms", got "ready"',
    ],
    [
      'a column that was taken out',
      (text) => text.replace('run_id,', ''),
      'samples.csv: line 1: column 1 must be "run_id", got "cell"',
    ],
    [
      'text for a number',
      put(3, 'ready_ms', 'fast'),
      'samples.csv: line 3: "ready_ms" must be a number, got "fast"',
    ],
    [
      'text for the time of a stage',
      put(3, 'fork_ms', 'n/a'),
      'samples.csv: line 3: "fork_ms" must be a number, got "n/a"',
    ],
    [
      'a decimal comma',
      put(3, 'pss_kib', '"20,5"'),
      'samples.csv: line 3: "pss_kib" must be a number, got "20,5"',
    ],
    [
      'a negative time',
      put(2, 'ready_ms', '-1'),
      'samples.csv: line 2: "ready_ms" must be a number, got "-1"',
    ],
    [
      'no memory',
      put(3, 'memory_mib', ''),
      'samples.csv: line 3: "memory_mib" must be a number, got ""',
    ],
    [
      'a good start without a mark of its tier',
      put(3, 'resumed_ms', ''),
      'samples.csv: line 3: mark "resumed" was not delivered',
    ],
    [
      'marks in an order that cannot be',
      put(2, 'ready_ms', '1'),
      'samples.csv: line 2: mark "ready" at 1.000 ms precedes "init" at 48.000 ms',
    ],
    [
      'a failed start made a good one',
      put(4, 'state', 'ok'),
      'samples.csv: line 4: mark "kernel" was not delivered',
    ],
    [
      'a state that is none',
      put(2, 'state', 'fine'),
      'samples.csv: line 2: "state" must be one of ok, failed, got "fine"',
    ],
    [
      'a phase that is none',
      put(2, 'phase', ''),
      'samples.csv: line 2: "phase" must be one of warmup, measure, got ""',
    ],
    [
      'a tier that is none',
      put(2, 'tier', 'warm'),
      `samples.csv: line 2: "tier" must be one of ${tierNames.join(', ')}, got "warm"`,
    ],
    [
      'a cell of another run',
      put(2, 'cell', 'cold/tiny/kvm/64M'),
      'samples.csv: line 2: "cell" must be one of cold/tiny/kvm/32M, restore/tiny/kvm/32M, got "cold/tiny/kvm/64M"',
    ],
  ];
  it.each(cases)('%s', async (_, change, error) => {
    expect(await errorAfter(change)).toBe(error);
  });

  it('but columns that a later version appended are not', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    await writeRun(path);
    const csv = join(path, 'samples.csv');
    const text = await readFile(csv, 'utf8');
    await writeFile(csv, text.replaceAll(/(?<!^)\n/g, ',1\n').replace(/,1\n/, ',later\n'));
    const { samples } = await readRun(path);
    expect(samples.map(({ later }) => later)).toEqual(['1', '1', '1']);
  });

  it('nor are those of an older version, which had fewer columns', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    await writeRun(path);
    const csv = join(path, 'samples.csv');
    const text = await readFile(csv, 'utf8');
    const later = sampleColumns.length - sampleColumns.indexOf(lastOfOldest) - 1;
    await writeFile(csv, text.replaceAll(new RegExp(`(,[^,\n]*){${later}}\n`, 'g'), '\n'));
    const { samples } = await readRun(path);
    const last = sampleColumns.at(-1) ?? '';
    expect(samples.map((sample) => sample[last])).toEqual([undefined, undefined, undefined]);
    await expect(readCutShort(path)).rejects.toThrow('columns are those of another version');
  });
});

describe('a folder that is no run is refused:', () => {
  async function errorWith(runJson: string | undefined): Promise<string> {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    await writeRun(path);
    const file = join(path, 'run.json');
    await (runJson === undefined ? rm(file) : writeFile(file, runJson));
    return await errorOf(path);
  }

  it('without run.json', async () => {
    expect(await errorWith(undefined)).toMatch(/^ENOENT: no such file or directory, .*run\.json/);
  });

  it.each(['', '{"format": 1, "cells": [', 'hello'])('with %j for run.json', async (text) => {
    expect(await errorWith(text)).toMatch(/^run\.json is not JSON: /);
  });

  it.each(['null', '[]', '{}', '{"format": 2, "cells": []}', '{"format": 1}'])(
    'with %s for run.json',
    async (text) => {
      expect(await errorWith(text)).toBe('run.json is not the record of a run in format 1');
    },
  );

  it('that is not there', async () => {
    expect(await errorOf('/nowhere')).toContain('ENOENT');
  });
});
