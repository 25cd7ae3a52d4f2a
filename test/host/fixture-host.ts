// A host to read facts from: fixtures/<name>.txt, a file a section, laid out below a temporary root.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readHostFacts } from '../../src/host/facts.js';
import type { Fact } from '../../src/host/fact.js';
import type { HostFacts } from '../../src/host/fact-table.js';

/** Facts of a fixture, optionally with files replaced; a path ending in `/` is a folder. */
export function factsOf(name: string, replaced: Record<string, string> = {}): HostFacts {
  const root = mkdtempSync(join(tmpdir(), 'basepoint-host-'));
  try {
    const files = { ...sections(name), ...replaced };
    for (const [path, text] of Object.entries(files)) plant(join(root, path), text);
    return readHostFacts(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The value of a fact that must be known. */
export function valueOf<V>(fact: Fact<V>): V {
  if (fact.state === 'unknown') throw new Error(`unknown: ${fact.why}`);
  return fact.value;
}

function sections(name: string): Record<string, string> {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8');
  const found = text.matchAll(/^-- (\S+) --\n([\s\S]*?)(?=^-- |$(?![\s\S]))/gm);
  return Object.fromEntries([...found].map(([, path = '', body = '']) => [path, body]));
}

function plant(path: string, text: string): void {
  mkdirSync(path.endsWith('/') ? path : dirname(path), { recursive: true });
  if (path.endsWith('/')) return;
  writeFileSync(path, text);
  chmodSync(path, 0o660);
}
