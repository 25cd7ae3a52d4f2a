import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { parseCommandLine } from '../../src/cli.js';
import { ladderColumns } from '../../src/output/ladder.js';
import { testContext } from '../support/context.js';

const home = join(import.meta.dirname, '../..');
const path = join(home, 'docs/claims.md');
const text = readFileSync(path, 'utf8');

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/claims.md', () => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  const commands = [...text.matchAll(/^ {4}basepoint (.+)$/gm)].map(([, command = '']) => command);

  it('has what this test looks for', () => {
    expect(links.length).toBeGreaterThan(10);
    expect(commands.length).toBeGreaterThan(5);
  });

  it.each(links)('links to what exists: %s', (link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : resolve(dirname(path), file);
    expect(existsSync(target), target).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8'))).toContain(anchor);
  });

  it.each(commands)('names a command that there is: basepoint %s', async (command) => {
    const words = command.split(' ');
    await expect(parseCommandLine(words, testContext(home))).resolves.toBeTypeOf('function');
    for (const file of words.filter((word) => word.endsWith('.yaml'))) {
      expect(existsSync(join(home, file)), file).toBe(true);
    }
  });

  it('gives the published figures of the ladder', () => {
    const readme = readFileSync(join(home, 'README.md'), 'utf8');
    const row = (tier: string, guest: string) =>
      new RegExp(`\\| ${tier} +\\| ${guest} .*`).exec(readme)?.[0] ?? '';
    const readyColumn = ladderColumns.findIndex((name) => name.startsWith('ready p50')) + 1;
    for (const [tier, guest] of [
      ['restore', 'tiny'],
      ['fork', 'tiny'],
      ['cold', 'optimized'],
      ['restore', 'optimized'],
    ] as const) {
      const [figure = ''] = (row(tier, guest).split('|')[readyColumn] ?? '').trim().split(' ');
      expect(Number(figure)).toBeGreaterThan(0);
      expect(text).toMatch(new RegExp(`\\b${figure.replace('.', '\\.')}\\b`));
    }
  });
});
