/** The command line of `basepoint kernels`. */
import type { Argv } from 'yargs';

import type { Command } from '../../cli.js';

const jsonOption = { boolean: true, default: false, describe: 'as JSON' } as const;

const someGuests = {
  ...({ type: 'string', array: true } as const),
  describe: 'folders under kernels/',
};

export const kernelActions = ['list', 'fetch', 'build', 'verify', 'show'];

export function kernelsCommandLine(argv: Argv, choose: (command: Command) => void): Argv {
  return argv
    .command(
      'list',
      'the guests there are, and what the cache has of their kernels',
      (given) => given.option('json', jsonOption),
      ({ json }) => {
        choose(async (context) =>
          (await import('./list.js')).kernelsListCommand({ json }, context),
        );
      },
    )
    .command(
      'fetch <guest..>',
      'download packaged kernels into the cache, ahead of a run',
      (given) =>
        given.positional('guest', { ...someGuests, demandOption: true }).option('from', {
          string: true,
          requiresArg: true,
          describe: 'the package as a file, where its mirror has dropped it',
        }),
      ({ guest, from }) => {
        choose(async (context) =>
          (await import('./fetch.js')).kernelsFetchCommand(guest, { from }, context),
        );
      },
    )
    .command(
      'build <guest>',
      'build a kernel from source into the cache',
      (given) =>
        given
          .positional('guest', {
            ...{ type: 'string', demandOption: true },
            describe: 'a folder under kernels/',
          } as const)
          .option('source', {
            string: true,
            requiresArg: true,
            describe: "a kernel source tree of your own, in place of the guest's package",
          }),
      ({ guest, source }) => {
        choose(async (context) =>
          (await import('./build.js')).kernelsBuildCommand(guest, { source }, context),
        );
      },
    )
    .command(
      'verify [guest..]',
      'check every byte of the kernels in the cache',
      (given) => given.positional('guest', { ...someGuests, default: [] }),
      ({ guest }) => {
        choose(async (context) =>
          (await import('./verify.js')).kernelsVerifyCommand(guest, context),
        );
      },
    )
    .command(
      'show <guest..>',
      "one guest's kernel, or what tells the configurations of two apart",
      (given) =>
        given.positional('guest', { ...someGuests, demandOption: true }).option('json', jsonOption),
      ({ guest, json }) => {
        choose(async (context) =>
          (await import('./show.js')).kernelsShowCommand(guest, { json }, context),
        );
      },
    )
    .demandCommand(1, 1, `name what to do with kernels: ${kernelActions.join(', ')} (see --help)`);
}
