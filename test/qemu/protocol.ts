// The numbers of kernels/protocol.h, read from its text.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '../../kernels/protocol.h'), 'utf8');
const found = text.matchAll(/^#define (BP_\w+)[ \t]+(0x[0-9a-f]+|\d+)\b/gim);

export const protocolNumbers: ReadonlyMap<string, number> = new Map(
  [...found].map(([, name = '', value]) => [name, Number(value)]),
);

export function protocol(name: string): number {
  const value = protocolNumbers.get(name);
  if (value === undefined) throw new Error(`protocol.h has no ${name}`);
  return value;
}
