import { describe, expect, it } from 'vitest';

import { planOf } from './planning.js';

const watched = 'guest: { kernel: /v, name: own, ready: { console: up } }';
const asked =
  "guest: { kernel: /v, name: own, ready: { console: up, send: 'say {nonce}', answer: 'heard {nonce}' } }";

function becauseOf(...entries: string[]): readonly (readonly [string, string])[] {
  return planOf(entries).skipped.map(({ cell, because }) => [cell.tier, because] as const);
}

describe('the plan for a guest without our PID 1', () => {
  it('says in the id where its starts end, and asks for neither seed nor working set', () => {
    const [own, usual] = planOf([`${asked}, tier: cold`, 'guest: linux, tier: cold']).cells;
    expect(own).toMatchObject({ ends: 'answer', identity: 'none', workingSetMiB: 0 });
    expect(own?.id).toBe('cold/own/kvm/256M/ends-at-answer');
    expect(usual).toMatchObject({ ends: 'guest', identity: 'seed', workingSetMiB: 8 });
    expect(usual?.id).toBe('cold/linux/kvm/256M');
    expect(planOf([`${watched}, tier: cold`]).cells[0]?.id).toBe('cold/own/kvm/256M/ends-at-line');
  });

  it('keeps a device that the guest may use by itself', () => {
    const [cell] = planOf([`${asked}, tier: cold, machine: pc, identity: vmgenid`]).cells;
    expect(cell?.identity).toBe('vmgenid');
  });

  it('is one cell where the knobs differ only in what it does not have', () => {
    expect(planOf([`${asked}, tier: cold, workingSet: [0, 8M, 64M]`]).cells).toHaveLength(1);
  });

  it('leaves out what nothing would prove', () => {
    const skipped = becauseOf(`${watched}, tier: [cold, restore, fork, fork-loaded]`);
    expect(skipped.map(([tier]) => tier)).toEqual(['restore', 'fork', 'fork-loaded']);
    expect(skipped[0]?.[1]).toContain('nothing would show that a clone of "own" runs');
    expect(becauseOf(`${asked}, tier: [cold, restore, fork, fork-loaded]`)).toEqual([]);
    expect(becauseOf(`${asked}, tier: cold, observe: 5ms`)[0]?.[1]).toContain(
      'a ready line of its own',
    );
  });

  it('does not fork a QEMU whose disk is open for writing', () => {
    const withDisk = (mode: string) =>
      asked.replace('name: own', `name: own, disk: { path: d, mode: ${mode} }`);
    const skipped = becauseOf(`${withDisk('overlay')}, tier: [cold, restore, fork, fork-loaded]`);
    expect(skipped.map(([tier]) => tier)).toEqual(['fork', 'fork-loaded']);
    expect(skipped[0]?.[1]).toContain('cannot be forked');
    expect(becauseOf(`${withDisk('readonly')}, tier: fork`)).toEqual([]);
  });
});
