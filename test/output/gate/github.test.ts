import { describe, expect, it } from 'vitest';

import { annotations, stepSummary } from '../../../src/output/gate/github.js';
import { verdictText } from '../../../src/output/gate/terminal.js';
import { around, cells, ready, sideOf, verdictOf } from '../../gate/sides.js';

const [cold, fork] = cells;
const base = sideOf('base', ready(cold, around(60)), ready(fork, around(14)));
const slower = sideOf('head', ready(cold, around(60, 12)), ready(fork, around(17)));
const verdict = verdictOf(base, slower);

describe('the step summary', () => {
  it('is what it was', async () => {
    await expect(stepSummary(verdict)).toMatchFileSnapshot('../../golden/gate-summary.md');
  });

  it('has tables whose rows are as long as their heads', () => {
    const rows = stepSummary(verdict)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(8);
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(8);
  });

  it('says what is open first, and folds the rest', () => {
    const text = stepSummary(verdict);
    expect(text).toMatch(/^## Start-up: .*2 regressed/);
    expect(text.indexOf('regressed')).toBeLessThan(text.indexOf('<details>'));
    const fine = stepSummary(verdictOf(base, { ...base, name: 'head' }));
    expect(fine.slice(0, fine.indexOf('<details>'))).not.toContain('|');
  });
});

describe('annotations', () => {
  const lines = annotations(verdict);

  it('are one line for each case that did not pass, at the limit it is about', () => {
    expect(lines.map((line) => line.slice(0, line.indexOf('::', 2)))).toEqual([
      '::error file=l.yaml,line=2,col=5,title=fork/tiny/kvm/32M%2C ready',
      '::error file=l.yaml,line=2,col=5,title=fork/tiny/kvm/32M%2C work',
      '::warning file=l.yaml,line=2,col=5,title=cold/tiny/kvm/32M%2C ready',
      '::warning file=l.yaml,line=2,col=5,title=cold/tiny/kvm/32M%2C work',
      '::warning file=l.yaml,line=3,col=5,title=cold/tiny/kvm/32M%2C failure rate',
      '::warning file=l.yaml,line=4,col=5,title=fork/tiny/kvm/32M%2C ready of cold',
    ]);
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
  });

  it('escape what ends a command', () => {
    expect(lines[0]).toContain('%0Abaseline p50 14.0');
    expect(lines[0]).toMatch(/%25/);
  });
});

describe('the verdict for a terminal', () => {
  it('is what it was', async () => {
    await expect(verdictText(verdict)).toMatchFileSnapshot('../../golden/gate.txt');
  });
});
