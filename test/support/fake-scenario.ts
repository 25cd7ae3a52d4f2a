/** Scenarios for the fake QEMU, and runs of the whole program with them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

import { main } from '../../src/main.js';
import { fakeQemu, type TestContext } from './context.js';

export interface FakeCell {
  readonly orders: string;
  readonly tiers?: string;
  /** A name, or the YAML of a guest by path. */
  readonly guest?: string;
  readonly qemu?: string;
  /** More of the matrix, a line of YAML each. */
  readonly knobs?: readonly string[];
}

/** Writes a scenario whose cells obey the orders, and returns its path. */
export async function fakeScenario(
  folder: string,
  cells: readonly FakeCell[],
  head = 'runs: 3\nwarmup: 1\ntimeout: 2s',
): Promise<string> {
  const firmware = join(folder, 'firmware.bin');
  await writeFile(firmware, 'no firmware at all');
  const entries = cells.map(
    ({ orders, tiers = '[cold, restore]', guest = 'tiny', qemu = fakeQemu, knobs = [] }) => `
  - guest: ${guest}
    tier: ${tiers}
    accel: tcg
    qemu: ${qemu}
    firmware: ${firmware}
    memory: 16M
    kernelArguments: ${JSON.stringify(orders)}${knobs.map((knob) => `\n    ${knob}`).join('')}`,
  );
  const path = join(folder, 'fake.yaml');
  await writeFile(path, `name: fake\n${head}\nmatrix:${entries.join('')}\n`);
  return path;
}

export async function basepoint(context: TestContext, ...args: string[]): Promise<number> {
  return main(args, context);
}

export async function samplesOf(folder: string): Promise<Record<string, string>[]> {
  return parse(await readFile(join(folder, 'samples.csv'), 'utf8'), { columns: true });
}
