import { describe, expect, it } from 'vitest';

import { parseVary } from '../../src/parse/vary.js';
import { parseScenario } from '../../src/parse/scenario.js';
import type { PlannedStart, PlanOptions } from '../../src/plan/cell.js';
import { plan } from '../../src/plan/plan.js';
import { guests, hostWith, noKvm, planOf } from './planning.js';

function varied(entry: string, vary: string, options: PlanOptions = {}, host = hostWith()) {
  const given = parseVary(vary, '/');
  const text = `name: x\nmatrix:\n  - { ${entry} }\n`;
  const names = guests.map(({ name }) => name);
  const scenario = parseScenario(text, 'x.yaml', '/', names, given);
  return plan([scenario], guests, host, { ...options, vary: given });
}

/** Which side each start of a tier is of, in the order of starts. */
function turns(starts: readonly PlannedStart[], tier: string, phase = 'measure'): string {
  return starts
    .filter((start) => start.cell.startsWith(`${tier}/`) && start.phase === phase)
    .map(({ cell }) => (cell.endsWith('/plain') ? 'A' : 'B'))
    .join('');
}

const entry = 'guest: tiny, tier: [cold, restore, fork]';

describe('the plan of two values of a knob', () => {
  const { starts, cells } = varied(entry, 'kernelArguments=,quiet', { runs: 40 });

  it('has each cell with both', () => {
    expect(cells).toHaveLength(6);
    expect(starts).toHaveLength(6 * (40 + 2));
  });

  it('starts twins in blocks of ABBA or BAAB, both of them often', () => {
    for (const tier of ['cold', 'restore', 'fork']) {
      const blocks = turns(starts, tier).match(/..../g) ?? [];
      expect(blocks).toHaveLength(20);
      expect([...new Set(blocks)].sort()).toEqual(['ABBA', 'BAAB']);
      expect(turns(starts, tier, 'warmup')).toMatch(/^(ABBA|BAAB)$/);
    }
    const all = ['cold', 'restore', 'fork'].map((tier) => turns(starts, tier));
    expect(new Set(all).size).toBe(3);
  });

  it('has twins one after the other, and each cell once a round', () => {
    const odd = starts.filter((_, index) => index % 2 === 0);
    odd.forEach((start, index) => {
      const next = starts[2 * index + 1];
      expect(next?.cell.split('/')[0]).toBe(start.cell.split('/')[0]);
      expect(next?.round).toBe(start.round);
    });
  });

  it('begins as a longer one does, so that rounds can be added', () => {
    const longer = varied(entry, 'kernelArguments=,quiet', { runs: 45 });
    expect(longer.starts.slice(0, starts.length)).toEqual(starts);
    const other = varied(entry, 'kernelArguments=,quiet', { runs: 40, seed: 2 });
    expect(other.starts).not.toEqual(starts);
  });

  it('has turns by parts of ids as well', () => {
    const both = ['guest: tiny, tier: [cold, fork], kernelArguments: ["", quiet]'];
    const told = planOf(both, { runs: 4, sides: ['plain', 'quiet'] });
    expect(turns(told.starts, 'cold')).toMatch(/^(ABBA|BAAB){2}$/);
    expect(() => planOf(both, { sides: ['plain', 'loud'] })).toThrow('has neither');
  });

  it('refuses what has no twin', () => {
    expect(() => varied('guest: tiny, tier: [cold, crun]', 'kernelArguments=,quiet')).toThrow(
      '--vary kernelArguments: crun/init/none/256M has no twin with the other value; leave its tier out with --only',
    );
    expect(() => varied('guest: tiny, tier: cold', 'accel=auto,kvm')).toThrow(
      '--vary accel: both values make the same cells',
    );
    expect(() => varied('guest: tiny, tier: cold', 'machine=microvm,floppy')).toThrow(
      'cold/tiny/kvm/256M/floppy cannot be compared with its twin: QEMU 7.2.22 has no machine type "floppy"',
    );
  });

  it('leaves out twins of which this host can run neither', () => {
    const left = varied(
      'guest: tiny, tier: [cold, floor]',
      'memory=64M,128M',
      {},
      hostWith({ kvm: noKvm }),
    );
    expect(left.cells.map(({ tier }) => tier)).toEqual(['cold', 'cold']);
    expect(left.skipped).toHaveLength(2);
  });
});
