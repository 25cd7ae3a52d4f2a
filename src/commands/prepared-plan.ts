/** The stages that `plan` and `run` share: parse, survey, plan. */
import { access, constants } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import type { Context } from '../context.js';
import { messageOf, UsageError } from '../errors.js';
import { readGuests, type DeclaredGuest } from '../parse/guests.js';
import { readScenario, type Scenario } from '../parse/scenario.js';
import type { Plan, PlanOptions } from '../plan/cell.js';
import { plan } from '../plan/plan.js';
import { Cache } from '../prepare/cache.js';
import { survey, type Survey } from '../prepare/survey.js';

export interface PreparedPlan {
  readonly scenarios: readonly Scenario[];
  readonly guests: readonly DeclaredGuest[];
  readonly cache: Cache;
  readonly surveyed: Survey;
  readonly plan: Plan;
}

export async function preparePlan(
  files: readonly string[],
  options: PlanOptions,
  context: Context,
): Promise<PreparedPlan> {
  const guests = await readGuests(context.home);
  const names = guests.map(({ name }) => name);
  const scenarios: Scenario[] = [];
  for (const file of files) {
    scenarios.push(await readScenario(file, context.cwd, names, options.vary));
  }
  await refuseMissingFiles(scenarios);
  const cache = await Cache.open(context);
  const surveyed = await survey(scenarios, guests, options, cache, context);
  const planned = plan(scenarios, guests, surveyed.host, options);
  return { scenarios, guests, cache, surveyed, plan: planned };
}

/** @throws UsageError for the first guest by path whose file is not there */
async function refuseMissingFiles(scenarios: readonly Scenario[]): Promise<void> {
  for (const { at, guest } of scenarios.flatMap(({ blocks }) => blocks)) {
    for (const own of guest) {
      if (own.kind !== 'path') continue;
      const files = { kernel: own.kernel, initramfs: own.initramfs, disk: own.disk?.path };
      for (const [what, path] of Object.entries(files)) {
        if (path === undefined || !isAbsolute(path)) continue;
        await access(path, constants.R_OK).catch((error: unknown) => {
          const problem = `the ${what} of guest "${own.name}" cannot be read: ${messageOf(error)}`;
          throw new UsageError(`${at}: ${problem}`, { cause: error });
        });
      }
    }
  }
}
