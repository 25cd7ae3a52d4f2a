import { describe, expect, it } from 'vitest';

import type { Draw } from '../../src/measure/sample.js';
import { observedNames, type ObservedFields } from '../../src/observed.js';
import { identityCosts } from '../../src/output/identity/costs.js';
import { identityFindings } from '../../src/output/identity/findings.js';
import { clockLines, fieldRows, identityVerdicts } from '../../src/output/identity/tables.js';
import {
  identityRow,
  readObservedClones,
  identityColumns,
} from '../../src/results/observed-clones.js';
import type { ObservedClone } from '../../src/results/observed-clones.js';
import { csvText } from '../../src/csv.js';
import { cellsOf, found, okSample, recordOf, runId } from '../results/made-run.js';

const [linux] = cellsOf('guest: linux, tier: restore, identity: none, observe: 20ms');
const record = recordOf([found(linux)]);

function clone(order: number, draws: readonly Draw[], uuid = `${order}`): ObservedClone {
  const fields = Object.fromEntries(observedNames.map((name) => [name, '']));
  return {
    ...{ cell: found(linux).id, order, draws, observedMs: 3, boottimeMs: 1500 },
    realtimeOffsetMs: -1000 * order,
    fields: { ...fields, uuid } as ObservedFields,
    generationId: '',
  };
}

/** `before|after`: bytes that are drawn, one each ms. */
function draws(text: string): readonly Draw[] {
  const [before = '', after = ''] = text.split('|');
  return Array.from(before + after, (random, index) => ({
    ...{ atMs: index + 1, random },
    ready: index >= before.length,
  }));
}

const findingOf = (...clones: readonly ObservedClone[]) =>
  found(identityFindings(record.cells, clones)[0]);

describe('guests that go on with the random state of their template', () => {
  const finding = findingOf(clone(1, draws('a|bcx')), clone(2, draws('a|bcy')));

  it('are equal until their kernels reseed', () => {
    expect(finding).toMatchObject({ equalBefore: 2, equalAfter: 2, equalUntilMs: 3 });
    expect(finding.ownFromMs).toEqual({ p50: 4, max: 4 });
    expect(identityVerdicts([finding])[0]).toContain(
      '2 of 2 guests said that they are ready and drew the same random bytes as another, up to 3.00 ms',
    );
  });

  it('are equal though one kernel has drawn once more than the other', () => {
    const slipped = findingOf(clone(1, draws('|abcd')), clone(2, draws('|Xbcd')));
    expect(slipped).toMatchObject({ equalAfter: 2, equalUntilMs: 4, ownFromMs: undefined });
    expect(identityVerdicts([slipped])[0]).toContain('watched for 4.00 ms');
  });
});

describe('a guest that drew more often than any other', () => {
  it('is not taken for one that has bytes of its own', () => {
    const finding = findingOf(clone(1, draws('a|bcd')), clone(2, draws('a|bc')));
    expect(finding).toMatchObject({ equalUntilMs: 3, ownFromMs: undefined });
  });
});

describe('guests that were given random numbers of their own', () => {
  it('are equal before ready only', () => {
    const finding = findingOf(clone(1, draws('a|bc')), clone(2, draws('a|de')));
    expect(finding).toMatchObject({ equalBefore: 2, equalAfter: 0, equalUntilMs: 1 });
    expect(finding.ownFromMs).toEqual({ p50: 2, max: 2 });
    expect(identityVerdicts([finding])[0]).toContain('from ready on, no two drew the same');
  });

  it('are found out when two of many are twins', () => {
    const many = Array.from('bcdefgbh', (own, index) => clone(index + 1, draws(`a|${own}`)));
    expect(findingOf(...many)).toMatchObject({ clones: 8, equalBefore: 8, equalAfter: 2 });
  });
});

describe('what guests tell of themselves', () => {
  it('is counted where another one told the same', () => {
    const finding = findingOf(clone(1, [], 'u'), clone(2, [], 'u'), clone(3, [], 'v'));
    expect(finding.fields).toEqual([
      { title: 'next UUID of the kernel', from: 'fresh', told: 3, equal: 2 },
    ]);
    expect(fieldRows([finding])).toEqual([
      ['next UUID of the kernel', 'after resume', '2 of 3 equal'],
    ]);
    expect(clockLines([finding])[0]).toContain('-3.00 s to -1.00 s off');
  });
});

describe('what a way costs', () => {
  it('is the shift of ready against nothing done, of guests that nobody observed', () => {
    const cells = cellsOf(
      'guest: linux, tier: restore, identity: [none, virtio-rng]',
      'guest: linux, tier: restore, observe: 9ms',
    );
    const all = recordOf(cells);
    const rows = cells.flatMap(({ id, identity }) =>
      [10, 11, 12, 13, 14, 15].map((ms) => ({
        ...{ cell: id, phase: 'measure', state: 'ok' },
        ready_ms: String(ms + (identity === 'virtio-rng' ? 5 : 0)),
      })),
    );
    const costs = identityCosts(all.cells, rows);
    expect(costs.map(({ cell, shift }) => [cell.identity, shift.estimate])).toEqual([
      ['virtio-rng', 5],
    ]);
  });
});

describe('identity.csv', () => {
  it('gives back what was observed, and the later of two rows of one start', () => {
    const row = (value: ObservedClone) => {
      const sample = { ...okSample(found(linux), value.order, 50), observation: value };
      return identityRow(runId, sample, found(linux));
    };
    const [first, second] = [clone(7, draws('a|bc')), clone(7, draws('a|de'))];
    const text = `${csvText([], identityColumns)}${row(first)}${row(second)}`;
    expect(readObservedClones(text)).toEqual([second]);
    expect(() => readObservedClones('run_id,cell\n')).toThrow('there is no column "order"');
  });
});
