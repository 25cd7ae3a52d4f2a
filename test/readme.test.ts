import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { ladderColumns, ladderRows } from '../src/output/ladder.js';
import { readRun } from '../src/results/run-folder.js';
import { summarise } from '../src/summarise.js';
import { home } from './support/context.js';

const published = join(home, 'results/published');

/** A Markdown table's cells, whatever its padding. */
function cellsOf(line: string): string {
  return line
    .split('|')
    .map((cell) => cell.trim())
    .join('|');
}

describe('the README', () => {
  it('shows the figures of the published ladder', async () => {
    const readme = await readFile(join(home, 'README.md'), 'utf8');
    const lines = readme.split('\n').map(cellsOf);
    const ladders = (await readdir(published)).filter((name) => name.endsWith('-ladder'));
    expect(ladders.length).toBeGreaterThan(0);
    for (const name of ladders) {
      const { record, samples } = await readRun(join(published, name));
      for (const row of [ladderColumns, ...ladderRows(summarise(record, samples), record)]) {
        expect(lines).toContain(`|${row.join('|')}|`);
      }
    }
  });

  it('links to files that exist', async () => {
    const readme = await readFile(join(home, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    for (const link of links.filter((one) => !one.includes('://'))) {
      await expect(
        readFile(join(home, link)).catch((error: unknown) => (error as NodeJS.ErrnoException).code),
      ).resolves.not.toBe('ENOENT');
    }
  });
});
