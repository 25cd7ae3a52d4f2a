import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { reportHtml } from '../../src/output/html/report-html.js';
import { readRun } from '../../src/results/run-folder.js';
import { summarise } from '../../src/summarise.js';
import { home } from '../support/context.js';

describe('the report of a real ladder', () => {
  it('names the mark each bar of stages ends with: the floor never comes to work', async () => {
    const published = join(home, 'results/published');
    const ladders = (await readdir(published)).filter((name) => name.endsWith('-ladder'));
    expect(ladders.length).toBeGreaterThan(0);
    for (const name of ladders) {
      const run = await readRun(join(published, name));
      const summary = summarise(run.record, run.samples);
      const html = reportHtml(run, summary);
      const floors = summary.cells.filter(({ tier }) => tier === 'floor').length;
      expect(html.split('<small>to ready</small>')).toHaveLength(floors + 1);
      expect(html.split('<small>to work</small>')).toHaveLength(summary.cells.length - floors + 1);
    }
  });
});
