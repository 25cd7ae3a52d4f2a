/** `basepoint kernels show`: one guest's kernel, or what tells two apart. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../../context.js';
import { EnvironmentError, exitCodes, UsageError, type ExitCode } from '../../errors.js';
import {
  configDifferenceText,
  kernelFactsText,
  type KernelFacts,
} from '../../output/kernel-facts.js';
import { showMiB } from '../../output/numbers.js';
import type { DeclaredGuest } from '../../parse/guests.js';
import { Cache } from '../../prepare/cache.js';
import { configOf } from '../../prepare/kernels/config-of.js';
import {
  compareConfigs,
  countOptions,
  type ConfigDifference,
  type KernelConfig,
} from '../../prepare/kernels/config.js';
import { packingOf } from '../../prepare/kernels/image.js';
import { describeSource, kernelOfGuest, originOf, origins } from '../../prepare/kernels/origin.js';
import type { WholeKernel } from '../../prepare/kernels/store.js';
import { chosenGuests } from './chosen.js';

const usualColumns = 100;

interface Shown {
  readonly guest: DeclaredGuest;
  readonly kernel: WholeKernel;
  readonly config: KernelConfig | undefined;
}

export async function kernelsShowCommand(
  names: readonly string[],
  { json }: { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  if (names.length > 2) throw new UsageError('name one guest to show, or two to compare');
  const shown = await readShown(names, context);
  const facts = await Promise.all(shown.map(factsOf));
  const difference = differenceOf(shown);
  context.stdout.write(
    json
      ? `${JSON.stringify({ kernels: facts.map(plainFacts), difference }, null, 2)}\n`
      : kernelFactsText(facts),
  );
  if (json || difference === undefined) return exitCodes.fine;
  const columns = context.stdout.columns ?? usualColumns;
  context.stdout.write(
    `\n${configDifferenceText(
      facts.map(({ name }) => name),
      difference,
      columns,
    )}`,
  );
  return exitCodes.fine;
}

async function readShown(names: readonly string[], context: Context): Promise<readonly Shown[]> {
  const cache = await Cache.open(context);
  const shown: Shown[] = [];
  for (const guest of await chosenGuests(names, context)) {
    const kernel = await kernelOfGuest(guest, cache, context);
    if (kernel.state !== 'whole') {
      const { verb, absent } = origins[originOf(guest.source)];
      const what = kernel.state === 'damaged' ? `damaged (${kernel.why})` : absent;
      throw new EnvironmentError(
        `${guest.name} is ${what}: basepoint kernels ${verb} ${guest.name}`,
      );
    }
    shown.push({ guest, kernel, config: await configOf(kernel) });
  }
  return shown;
}

function differenceOf(shown: readonly Shown[]): ConfigDifference | undefined {
  const [first, second] = shown.map(({ guest, config }) => {
    if (config !== undefined || shown.length === 1) return config;
    throw new UsageError(`${guest.name} has no configuration that could be compared`);
  });
  return first === undefined || second === undefined ? undefined : compareConfigs(first, second);
}

function plainFacts({ name, facts }: KernelFacts): Readonly<Record<string, string>> {
  return { name, ...Object.fromEntries(facts) };
}

async function factsOf({ guest, kernel, config }: Shown): Promise<KernelFacts> {
  const { files, toolchain } = kernel.manifest;
  const sizes = Object.entries(files).map(
    ([file, { bytes, sha256 }]) => [file, `${showMiB(bytes)}, ${sha256.slice(0, 16)}`] as const,
  );
  return {
    name: guest.name,
    facts: [
      ['version', guest.version],
      ['source', describeSource(guest)],
      ...(toolchain === undefined ? [] : [['built with', toolchain.join(', ')] as const]),
      ...sizes,
      ...(await packingFact(kernel)),
      ...configFacts(config),
      ['initramfs', guest.initramfs],
      ['command line', guest.commandLine],
      ['in the cache', kernel.folder],
    ],
  };
}

async function packingFact({ folder, manifest }: WholeKernel): Promise<KernelFacts['facts']> {
  if (manifest.files['bzImage'] === undefined) return [];
  const packing = packingOf(await readFile(join(folder, 'bzImage')));
  return [['bzImage packed with', packing ?? 'something unknown']];
}

function configFacts(config: KernelConfig | undefined): KernelFacts['facts'] {
  if (config === undefined) return [];
  const { builtIn, modules, valued } = countOptions(config);
  return [
    ['options built in', String(builtIn)],
    ['options as modules', String(modules)],
    ['options with a value', String(valued)],
  ];
}
