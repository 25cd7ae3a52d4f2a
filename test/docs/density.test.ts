import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { burstFamilies, type Burst } from '../../src/output/bursts.js';
import { densityFamilies } from '../../src/output/densities.js';
import { heldRounds, rateFamilies, sustained } from '../../src/output/rates.js';
import { togetherTables } from '../../src/output/together-tables.js';
import { readRun, type StoredRun } from '../../src/results/run-folder.js';
import { summarise } from '../../src/summarise.js';

const home = join(import.meta.dirname, '../..');
const published = join(home, 'results/published');
const kinds = ['burst', 'density', 'rate'] as const;
const text = (file: string) => readFileSync(join(home, file), 'utf8');

function nameOf(kind: string): string {
  const found = readdirSync(published).filter((name) => name.endsWith(`-${kind}`));
  if (found.length !== 1) throw new Error(`expected one published run of ${kind}`);
  return found[0] ?? '';
}

const runOf = (kind: string): Promise<StoredRun> => readRun(join(published, nameOf(kind)));

/** Cells of a Markdown row, whatever its padding. */
function cellsOf(line: string): string {
  const cells = line.split('|').map((cell) => cell.trim());
  return cells.join('|');
}

async function rowsOf(kind: string): Promise<readonly string[]> {
  const run = await runOf(kind);
  const tables = togetherTables(run, summarise(run.record, run.samples));
  return tables.flatMap(({ rows }) => rows.map((row) => cellsOf(`| ${row.join(' | ')} |`)));
}

const headings = { burst: 'Bursts', density: 'Density', rate: 'Rates' } as const;

/** What docs/density.md says of a published run. */
function sectionOf(kind: (typeof kinds)[number]): string {
  const [, section = ''] = text('docs/density.md').split(`\n### ${headings[kind]} measured\n`);
  return section.split('\n### ')[0] ?? '';
}

/** The rows of the section's first tables, without the lines between head and body. */
function rowsOfDoc(kind: (typeof kinds)[number]): readonly string[] {
  const [published = ''] = sectionOf(kind).split('that was not kept');
  return published
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[ :|-]+\|$/.test(line))
    .map(cellsOf);
}

describe('docs/density.md', () => {
  it.each(kinds)('shows rows of the published run of %s, and no others', async (kind) => {
    const known = await rowsOf(kind);
    const shown = rowsOfDoc(kind);
    expect(shown.length).toBeGreaterThan(4);
    for (const row of shown) expect(known).toContain(row);
  });

  it.each(kinds)('links to the published run of %s', (kind) => {
    expect(sectionOf(kind)).toContain(`results/published/${nameOf(kind)}/report.md`);
  });
});

describe('the published runs', () => {
  it.each(kinds)('of %s are whole: none of their starts failed', async (kind) => {
    const { record, samples } = await runOf(kind);
    expect(record.state).toBe('complete');
    expect(samples.filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it('show 100 clones that are asked for at once ready within 500 ms', async () => {
    const run = await runOf('burst');
    const bursts = burstFamilies(summarise(run.record, run.samples), run.samples)
      .flatMap((family): readonly Burst[] => family.bursts)
      .filter(({ cell, concurrency }) => {
        return (
          cell.row['guest'] === 'tiny' && cell.row['working_set_mib'] === '0' && concurrency === 100
        );
      });
    expect(bursts.map(({ cell }) => cell.tier).sort()).toEqual(['fork', 'fork-loaded']);
    for (const { last, p95Ms } of bursts) {
      expect(last?.p50).toBeLessThanOrEqual(500);
      expect(p95Ms).toBeGreaterThan(0);
    }
  });

  it('show that an idle clone costs less than 1 MiB, however many there are', async () => {
    const idle = densityFamilies((await runOf('density')).density ?? []).find(
      ({ key, steps }) =>
        key.startsWith('fork-loaded/tiny/') && steps[0]?.row['working_set_mib'] === '0',
    );
    const each = (idle?.steps ?? []).map((step) => [step.alive, step.each.privateDirty ?? NaN]);
    expect(each.map(([alive]) => alive)).toEqual(expect.arrayContaining([1, 200]));
    const [first = NaN] = each.map(([, kib]) => kib);
    for (const [, kib = NaN] of each) {
      expect(kib).toBeLessThan(1024);
      expect(kib).toBeLessThan(1.1 * first);
    }
  });
});

describe('docs/claims.md', () => {
  it('gives the sustained rates of the published run, and links to it', async () => {
    const { rate = [], record } = await runOf('rate');
    const found = rateFamilies(rate, record.cells).map((family) => {
      const { held, next } = sustained(family, 200);
      return [held?.perSecond, next === undefined ? undefined : heldRounds(next, 200)];
    });
    const claims = text('docs/claims.md').replaceAll(/\s+/g, ' ');
    expect(found).toHaveLength(2);
    for (const [perSecond, rounds] of found) {
      expect(claims).toMatch(new RegExp(`\\b${perSecond ?? ''} (\`fork-loaded\`|that touch)`));
      expect(claims).toContain(` in ${rounds ?? ''} of 6`);
    }
    expect(claims).toContain(nameOf('rate'));
  });

  it('gives the time to the last of 100 clones as the published run has it, and links to both', async () => {
    const rows = (await rowsOf('burst')).filter((row) => row.startsWith('|fork-loaded|tiny|'));
    const last = rows.map((row) => row.split('|')).filter((cells) => cells[6] === '100');
    const claims = text('docs/claims.md').replaceAll(/\s+/g, ' ');
    expect(last).toHaveLength(2);
    for (const cells of last) expect(claims).toContain((cells[12] ?? '').replace(' [', ' ms ['));
    for (const kind of ['burst', 'density']) expect(claims).toContain(nameOf(kind));
  });
});
