/** An entry of a scenario's matrix in which a knob has two values of the command line. */
import { basename, dirname } from 'node:path';

import type { Two } from '../twins.js';
import { checkedValue } from './knob-value.js';
import type { ScenarioFile } from './schema.js';
import type { Varied } from './vary.js';

type MatrixEntry = ScenarioFile['matrix'][number];

/** An entry of the matrix with both values. A kernel keeps what the entry says of the one it replaces. */
export function variedEntry(entry: MatrixEntry, { knob, values }: Varied): MatrixEntry {
  const given = knob === 'guest' ? values.map((value) => asInEntry(value, entry, values)) : values;
  return { ...entry, [knob]: given.map((value) => checkedValue(knob, value)) };
}

function asInEntry(value: unknown, { guest }: MatrixEntry, both: Two<unknown>): unknown {
  if (!isKernel(value)) return value;
  const kept = isKernel(guest) ? guest : {};
  return { ...kept, name: nameOf(value.kernel, both), ...value };
}

function isKernel(value: unknown): value is { readonly kernel: string } {
  return typeof value === 'object' && value !== null && 'kernel' in value;
}

/** Kernels of two builds are often called the same: their folders tell them apart. */
function nameOf(kernel: string, both: Two<unknown>): string {
  const files = both.filter(isKernel).map((one) => basename(one.kernel));
  const alike = files.length === 2 && files[0] === files[1];
  const words = alike ? [basename(dirname(kernel)), basename(kernel)] : [basename(kernel)];
  return words
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
}
