import { describe, expect, it } from 'vitest';

import { pairsOf, tellApart } from '../src/twins.js';
import { planOf } from './plan/planning.js';

const cellsOf = (...entries: readonly string[]) => planOf(entries).cells;

describe('two sides in one run', () => {
  it('are told by a knob that ids show, and their twins get the id that they share', () => {
    const cells = cellsOf('guest: tiny, tier: [cold, fork], kernelArguments: ["", quiet]');
    const told = tellApart(cells, { knob: 'kernelArguments' });
    expect(told.names).toEqual(['plain', 'quiet']);
    expect(pairsOf(told)).toEqual([
      ['cold/tiny/kvm/256M/plain', 'cold/tiny/kvm/256M/quiet'],
      ['fork/tiny/kvm/256M/plain', 'fork/tiny/kvm/256M/quiet'],
    ]);
    const ids = new Set([...told.cells.values()].map(({ id }) => id));
    expect([...ids]).toEqual(['cold/tiny/kvm/256M', 'fork/tiny/kvm/256M']);
  });

  it('are told by a knob that every id begins with', () => {
    const cells = cellsOf('guest: [tiny, linux], tier: cold, memory: [256M, 1G]');
    const told = tellApart(cells, { knob: 'guest' });
    expect(told.cells.get('cold/linux/kvm/1024M')).toEqual({ side: 1, id: 'cold/kvm/1024M' });
    expect(told.names).toEqual(['tiny', 'linux']);
  });

  it('are told by the whole path of a QEMU where versions are equal', () => {
    const entry = 'guest: tiny, tier: cold, qemu: [/opt/10/qemu, /opt/10b/qemu]';
    const told = tellApart(cellsOf(entry), { knob: 'qemu' });
    expect(told.names).toEqual(['/opt/10/qemu', '/opt/10b/qemu']);
    expect(told.cells.get('cold/tiny/kvm/256M//opt/10b/qemu')?.id).toBe('cold/tiny/kvm/256M');
  });

  it('take what a knob leads along, and nothing else', () => {
    const led = tellApart(cellsOf('guest: tiny, tier: cold, accel: [kvm, tcg]'), { knob: 'accel' });
    expect(pairsOf(led)).toEqual([['cold/tiny/kvm/256M', 'cold/tiny/tcg/256M']]);
    const others = cellsOf('guest: tiny, tier: cold', 'guest: linux, tier: cold, machine: pc');
    const told = tellApart(others, { knob: 'guest' });
    expect(pairsOf(told)).toEqual([]);
    expect(told.cells.get('cold/linux/kvm/256M')?.id).toBe('cold/linux/kvm/256M');
  });

  it('must be named where a knob has more values than two, in any of the ways they are called', () => {
    const cells = cellsOf('guest: tiny, tier: cold, kernelArguments: ["", quiet, debug]');
    expect(() => tellApart(cells, { knob: 'kernelArguments' })).toThrow(
      '--by kernelArguments: values: plain, quiet, debug; say which two: --by kernelArguments=A,B',
    );
    const told = tellApart(cells, { knob: 'kernelArguments', values: ['debug', ''] });
    expect(told.names).toEqual(['debug', 'plain']);
    expect(told.cells.has('cold/tiny/kvm/256M/quiet')).toBe(false);
    expect(() => tellApart(cells, { knob: 'kernelArguments', values: ['quiet', 'no'] })).toThrow(
      'no cell has "no"; values: plain, quiet, debug',
    );
    expect(() => tellApart(cells, { knob: 'memory' })).toThrow(
      '--by memory: it has one value in all cells',
    );
  });

  it('are told by parts of ids, of which every cell must have one', () => {
    const cells = cellsOf('guest: tiny, tier: [cold, fork], kernelArguments: ["", quiet]');
    const told = tellApart(cells, { parts: ['quiet', 'plain'] });
    expect(pairsOf(told)[0]).toEqual(['cold/tiny/kvm/256M/quiet', 'cold/tiny/kvm/256M/plain']);
    expect(() => tellApart(cells, { parts: ['quiet', 'loud'] })).toThrow(
      '--sides: cold/tiny/kvm/256M/plain has neither "quiet" nor "loud" in it',
    );
    expect(() => tellApart(cells, { parts: ['tiny', 'loud'] })).toThrow(
      '--sides: no cell has "loud" in its id',
    );
  });
});
