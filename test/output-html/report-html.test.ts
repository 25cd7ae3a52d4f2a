import { describe, expect, it } from 'vitest';
import { reportHtml, type ReportOptions } from '../../src/output/html/report-html.js';
import { medianInterval } from '../../src/statistics/interval.js';
import { summarise } from '../../src/summarise.js';
import type { RunRecord } from '../../src/results/record.js';
import type { StoredRun } from '../../src/results/run-folder.js';
import {
  calibrationEntries,
  emulatedKvm,
  syntheticRun,
  usualCells,
  type SyntheticCell,
} from './synthetic-run.js';

const coldTiny: SyntheticCell = { tier: 'cold', guest: 'tiny', accel: 'kvm', readyMs: 40 };
const restoreTiny: SyntheticCell = { tier: 'restore', guest: 'tiny', accel: 'kvm', readyMs: 20 };

function report(run: StoredRun, options: ReportOptions = {}): string {
  return reportHtml(run, summarise(run.record, run.samples), options);
}

function small(record: Partial<RunRecord> = {}, cells = [coldTiny, restoreTiny]): StoredRun {
  return syntheticRun(cells, { runs: 12, record });
}

/** The page as its reader sees it, roughly: no style, no script, no tags. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*?<\/style>|<script.*?<\/script>/gs, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"');
}

describe('a report of 5 cells and 200 samples each', () => {
  const run = syntheticRun(usualCells, { runs: 200 });

  it('is built in under 5 s and is under 3 MB', () => {
    const before = performance.now();
    const page = report(run);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(Buffer.byteLength(page)).toBeLessThan(3e6);
  });

  it('stays under 3 MB where all starts fail and all logs are long', () => {
    const all = usualCells.map((cell) => ({ ...cell, fails: () => true }));
    const failing = syntheticRun(all, { runs: 200 });
    const logs = { get: () => 'x'.repeat(1e6) } as unknown as ReadonlyMap<string, string>;
    expect(Buffer.byteLength(report(failing, { logs }))).toBeLessThan(3e6);
  });

  it('has a dot for each start that got ready, on the ladder and in run order', () => {
    const page = report(run);
    const ok = run.samples.filter(({ state }) => state === 'ok');
    const measured = ok.filter(({ phase }) => phase === 'measure');
    expect(page.match(/<circle /g)).toHaveLength(ok.length + measured.length);
    expect(page.match(/class="dot warmup"/g)).toHaveLength(ok.length - measured.length);
  });

  it('has a cross on the rail for each failed start', () => {
    const failed = run.samples.filter(({ state }) => state === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(report(run).match(/<svg class="cross"/g)).toHaveLength(failed.length);
  });

  it('names no address but places in itself and its own logs', () => {
    const addresses = [...report(run).matchAll(/(?:href|src|url|@import)\s*[=(]\s*"?([^")\s]*)/g)];
    for (const [, address] of addresses) expect(address).toMatch(/^(#[\w-]+|logs\/[\w.-]+)$/);
    expect(report(run)).not.toContain('https:');
  });

  it('is the same page for the same run', () => {
    expect(report(run)).toBe(report(run));
  });
});

describe('the banner', () => {
  it.each(['interrupted', 'running'] as const)('is there for a run that is %s', (state) => {
    const text = textOf(report(small({ state, plannedStarts: 400 })));
    expect(text).toContain(`This run is not complete: it is ${state}`);
    expect(text).toContain('28 of its 400 planned starts were recorded');
  });

  it('is there for samples that do not add up', () => {
    expect(textOf(report(small({ plannedStarts: 29 })))).toContain('This run does not add up');
  });

  it('is not there for a complete run on a native host', () => {
    expect(report(small())).not.toContain('class="banner');
  });
});

describe('emulation', () => {
  const host = (kvm: RunRecord['host']['kvm']) => ({ host: { ...small().record.host, kvm } });

  it('by KVM is said at the top, on the rung, at the cell and in the method', () => {
    const page = report(small(host(emulatedKvm)));
    expect(textOf(page)).toContain('Emulated: guest code runs slower here than on real hardware');
    expect(textOf(page)).toContain('2.4 million guest instructions a second');
    expect(page.match(/class="chip emulated">KVM \(kernel mode emulated\)/g)).toHaveLength(4);
    expect(textOf(page)).toContain('restore/tiny/kvm/128M: emulated.');
  });

  it('by TCG is said too, and only of the cells that it concerns', () => {
    const tcg: SyntheticCell = { tier: 'cold', guest: 'linux', accel: 'tcg', readyMs: 900 };
    const page = report(small({}, [coldTiny, tcg]));
    expect(textOf(page)).toContain('linux: TCG: QEMU translates every guest instruction');
    expect(page.match(/class="chip emulated"/g)).toHaveLength(2);
    expect(textOf(page)).not.toContain('cold/tiny/kvm/128M: emulated');
  });

  it('that may be, or may not, is not passed over', () => {
    const text = textOf(report(small(host({ state: 'unmeasured', why: 'the guest hung' }))));
    expect(text).toContain('It is not known how fast KVM runs guests here');
    expect(text).toContain('Whether KVM emulated the guests is not known: the guest hung');
  });
});

describe('the answers', () => {
  it('give median, interval and gain over cold boot, in a sentence', () => {
    expect(textOf(report(small()))).toMatch(
      /cold boot is ready in [\d.]+ ms \[[\d.]+, [\d.]+\]; template restore is ready in [\d.]+ ms \[[\d.]+, [\d.]+\], 0\.\d+ × cold boot \[0\.\d+, 0\.\d+\]\./,
    );
  });

  it('claim no gain where there is no cold boot to compare with', () => {
    const text = textOf(report(small({}, [restoreTiny])));
    expect(text).toMatch(/template restore is ready in [\d.]+ ms \[[\d.]+, [\d.]+\]\.\n/);
  });

  it('do not tell apart what the samples do not', () => {
    const text = textOf(report(small({}, [coldTiny, { ...restoreTiny, readyMs: 40 }])));
    expect(text).toContain('so not told apart from it');
  });

  it('say that there are too few samples rather than how sure they are', () => {
    const run = syntheticRun([coldTiny, restoreTiny], { runs: 3 });
    expect(textOf(report(run))).toMatch(/ready in [\d.]+ ms, 0\.\d+ × cold boot \(too few to say/);
  });

  it('say of a cell whose starts all failed that they did', () => {
    const text = textOf(report(small({}, [coldTiny, { ...restoreTiny, fails: () => true }])));
    expect(text).toContain('template restore failed every time');
  });
});

describe('what the report says', () => {
  it('names what was seen and what to do, of each defect', () => {
    const drifting = { ...restoreTiny, drift: (progress: number) => 1 + progress };
    const failing = { ...coldTiny, fails: (place: number) => place % 10 === 3 };
    const run = syntheticRun([failing, drifting], { runs: 60 });
    const text = textOf(report(run));
    expect(text).toContain('6 of 60 starts failed');
    expect(text).toMatch(/ready drifted by \+\d+\.\d % .*Do: look for what changed on the host/s);
  });

  it('says that there is no warning, rather than nothing', () => {
    const run = small();
    const { cells } = summarise(run.record, run.samples);
    const quiet = { cells: cells.map((cell) => ({ ...cell, warnings: [] })), traced: [] };
    expect(textOf(reportHtml(run, quiet))).toContain('WarningsNone: no failure, drift');
  });

  it('passes on what the host warns of', () => {
    const run = small();
    const warnings = [{ fact: 'swap' as const, seen: 'the host swaps', do: 'add memory' }];
    const record = { ...run.record, host: { ...run.record.host, warnings } };
    expect(textOf(report({ ...run, record }))).toMatch(/host ⚠ the host swaps\. Do: add memory\./);
  });

  it('says plainly that the observer was not calibrated, or shows how', () => {
    expect(textOf(report(small()))).toContain('Not calibrated.');
    const calibration = { takenAt: '2026-01-01', entries: calibrationEntries };
    const text = textOf(report(small(), { calibration }));
    expect(text).not.toContain('Not calibrated');
    expect(text).toContain("from a guest's mark to the harness5000.1000.1502.70");
    expect(text).toContain('a clone request: not measured, because no cell of this run is cloned.');
  });

  it('lists the cells that were skipped, and those that were never started', () => {
    const run = small();
    const [cell] = run.record.cells;
    if (cell === undefined) throw new Error('no cell');
    const record: RunRecord = {
      ...run.record,
      cells: [...run.record.cells, { ...cell, id: 'restore/late/kvm' }],
      skipped: [{ cell: { ...cell, id: 'cold/big/kvm' }, because: 'no memory', asked: false }],
    };
    const text = textOf(report({ ...run, record }));
    expect(text).toContain('cold/big/kvm: skipped, because no memory');
    expect(text).toContain('restore/late/kvm: no measured start was recorded');
  });

  it('gives the command, the seed, the versions and the scenario in full', () => {
    const text = textOf(report(small()));
    expect(text).toContain("basepoint run 'scenarios/synthetic one.yaml' --seed 1");
    expect(text).toContain('seed1');
    expect(text).toContain('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)');
    expect(text).toContain('name: synthetic\nruns: 200\n');
  });

  it('shows the end of a failed start’s log, under the name it has in the run’s folder', () => {
    const run = small({}, [{ ...coldTiny, fails: (place) => place === 0 }]);
    const logs = new Map([['cold-tiny-kvm-128M-3.log', `${'x'.repeat(9000)}the <last> words`]]);
    const page = report(run, { logs });
    expect(page).toContain('the &lt;last&gt; words');
    expect(page).toContain('href="logs/cold-tiny-kvm-128M-3.log"');
    expect(page).not.toContain('x'.repeat(5000));
  });

  it('claims of the median’s interval what the statistics do', () => {
    expect(textOf(report(small()))).toContain('Below 6 samples there is none');
    expect(medianInterval([1, 2, 3, 4, 5])).toBeUndefined();
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toBeDefined();
  });

  it('can be made of a run in which nothing was started', () => {
    const run = small({ state: 'interrupted' });
    const text = textOf(report({ ...run, samples: [] }));
    expect(text).toContain('No start was measured.');
  });

  it('can be made of a record that an older version wrote', () => {
    const run = small();
    const { facts } = run.record.host;
    const older = Object.fromEntries(Object.entries(facts).filter(([key]) => key !== 'cpuModel'));
    const host = { ...run.record.host, facts: older as RunRecord['host']['facts'] };
    const row = '<th scope="row">CPU model</th>';
    expect(report(run)).toContain(row);
    expect(report({ ...run, record: { ...run.record, host } })).not.toContain(row);
  });
});

describe('hostile names', () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

  it('are text everywhere, whichever field holds them', () => {
    const run = small({}, [{ ...coldTiny, fails: (place) => place === 1 }]);
    const record = poisoned(run.record, evil) as RunRecord;
    const id = record.cells[0]?.id ?? '';
    const samples = run.samples.map((sample) => ({
      ...Object.fromEntries(
        Object.entries(sample).map(([key, value]) =>
          /_ms$|_kib$|phase|state|tier|order/.test(key) ? [key, value] : [key, evil],
        ),
      ),
      cell: id,
    }));
    const page = report({ ...run, record, samples }, { logs: new Map([['x', evil]]) });
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(2)&gt;');
  });
});

/** Puts the poison into every string of a record, but for those whose values are a closed list. */
function poisoned(value: unknown, poison: string, key = ''): unknown {
  if (typeof value === 'string') {
    return ['tier', 'accel', 'state', 'kind', 'status', 'fact', 'ends'].includes(key)
      ? value
      : poison;
  }
  if (Array.isArray(value)) return value.map((item) => poisoned(item, poison, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, poisoned(item, poison, name)]),
  );
}
