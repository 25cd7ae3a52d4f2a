import { describe, expect, it } from 'vitest';

import type { Sample } from '../../src/measure/sample.js';
import { observedNames, type ObservedFields } from '../../src/observed.js';
import { templatesCosts } from '../../src/output/tenants/costs.js';
import { pairFindings } from '../../src/output/tenants/findings.js';
import { tenantLines } from '../../src/output/tenants/tables.js';
import { tenantParts } from '../../src/output/tenants/tenants-md.js';
import { tenantsSection } from '../../src/output/html/tenants-section.js';
import type { ObservedClone } from '../../src/results/observed-clones.js';
import type { RecordedTemplate } from '../../src/results/record.js';
import type { StoredRun } from '../../src/results/run-folder.js';
import { cellsOf, found, okSample, recordOf, rowsOf } from '../results/made-run.js';

const cells = cellsOf('guest: linux, tier: restore, observe: 5ms, alive: 2, tenant: [a, b]');

function templateOf(tenant: string, place: number): RecordedTemplate {
  return {
    ...{ key: `key-${tenant}`, tenant, cells: [found(cells[place]).id], reused: false },
    ...{ madeMs: 3000, ramBytes: 2 ** 27, residentBytes: 2 ** 25, stateBytes: 2 ** 16 },
    owner: { uid: 2001 + place, mode: '0700' },
  };
}

interface Told {
  readonly bootId: string;
  readonly file: string;
  readonly pssKiB?: number;
  readonly kernelText?: string;
}

/** Two tenants, of which each has these clones. */
function runOf(...tenants: readonly (readonly Told[])[]): StoredRun {
  const clones = tenants.flatMap((told, place) =>
    told.map((one, index) => ({
      ...one,
      cell: found(cells[place]),
      order: 10 * place + index + 1,
    })),
  );
  const samples = clones.flatMap(({ cell, order, file, pssKiB = 500 }) => {
    const guestRam = { file, rssKiB: 1000, pssKiB };
    return rowsOf(cell, [{ ...okSample(cell, order, 50), guestRam } as Sample]);
  });
  const observed = clones.map(({ cell, order, bootId, kernelText = '' }): ObservedClone => ({
    ...{ cell: cell.id, order, draws: [], observedMs: 3, realtimeOffsetMs: 0, boottimeMs: 1 },
    generationId: '',
    fields: {
      ...(Object.fromEntries(observedNames.map((name) => [name, ''])) as ObservedFields),
      ...{ bootId, kernelText },
    },
  }));
  const record = recordOf(cells, { templates: [templateOf('a', 0), templateOf('b', 1)] });
  return { folder: '', record, samples, observed };
}

const twice = (told: Told) => [told, told];

function thingsOf(run: StoredRun, a: string, b: string) {
  return found(pairFindings(run).find(({ tenants }) => tenants[0] === a && tenants[1] === b))
    .things;
}

describe('tenants that have a template each', () => {
  const run = runOf(twice({ bootId: '11', file: '0:1' }), twice({ bootId: '22', file: '0:2' }));

  it('share pages and secrets among their own clones, and neither with others', () => {
    const ram = ['file behind guest RAM', 'pages of guest RAM while alive together'];
    for (const thing of ['boot id', ...ram]) {
      expect(thingsOf(run, 'a', 'a')[thing], thing).toBe('shared');
      expect(thingsOf(run, 'b', 'b')[thing], thing).toBe('shared');
      expect(thingsOf(run, 'a', 'b')[thing], thing).toBe('not shared');
    }
    expect(tenantLines(run)).toContainEqual(
      expect.stringMatching(/^clones of two tenants \(a and b\): not shared: boot id,/),
    );
  });

  it('have a section in both reports', () => {
    expect(tenantParts(run).join('\n')).toContain('| boot id | shared | shared | not shared |');
    expect(tenantsSection(run)?.text).toContain('2 templates cost 6.0 s to make and 64.0 MiB');
    expect(tenantParts({ ...run, record: recordOf(cells) })).toEqual([]);
  });
});

describe('tenants that are not apart', () => {
  it('are found out by one secret, or by one file, that both have', () => {
    const [a, b] = [
      { bootId: '11', file: '0:1' },
      { bootId: '22', file: '0:2' },
    ];
    const secret = runOf(twice(a), [b, { ...b, bootId: '11' }]);
    expect(thingsOf(secret, 'a', 'b')['boot id']).toBe('shared');
    expect(thingsOf(secret, 'b', 'b')['boot id']).toBe('not shared');
    const file = runOf(twice(a), [b, { ...b, file: '0:1' }]);
    expect(thingsOf(file, 'a', 'b')['pages of guest RAM while alive together']).toBe('shared');
  });
});

describe('what is no evidence', () => {
  const one = { bootId: '11', file: '0:1' };

  it('is a lone clone, and a kernel that lies where all kernels lie', () => {
    const fixed = { ...one, kernelText: 'ffffffff81000000' };
    const run = runOf(twice(fixed), [{ ...fixed, bootId: '22', file: '0:2' }]);
    expect(thingsOf(run, 'b', 'b')['boot id']).toBe('unknown');
    expect(thingsOf(run, 'a', 'b')["the kernel's text"]).toBe('fixed');
    expect(tenantLines(run)[0]).toContain('no KASLR');
  });

  it('is RAM of which every page is counted in full', () => {
    const whole = { ...one, pssKiB: 1000 };
    const things = thingsOf(runOf(twice(whole), []), 'a', 'a');
    expect(things['pages of guest RAM while alive together']).toBe('not shared');
  });
});

describe('what templates cost', () => {
  it('is added up for 1, 2, 4, ... of them', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => templateOf(name, 0));
    const costs = templatesCosts(five);
    expect(costs.map(({ templates }) => templates)).toEqual([1, 2, 4, 5]);
    expect(costs.map(({ madeMs }) => madeMs)).toEqual([3000, 6000, 12_000, 15_000]);
  });

  it('says when modes alone keep others out', () => {
    const run = runOf([], []);
    const templates = (run.record.templates ?? []).map((template) => ({
      ...template,
      owner: { uid: 1000, mode: '0700' },
    }));
    const lines = tenantLines({ ...run, record: { ...run.record, templates } });
    expect(lines.at(-1)).toContain('belong to user 1000, folders of mode 0700: only root can');
  });
});
