/**
 * Second stage: what will be started, in which order. Pure: the same scenario, host and options give
 * the same plan.
 */
import { UsageError } from '../errors.js';
import type { DeclaredGuest } from '../parse/guests.js';
import type { Scenario } from '../parse/scenario.js';
import { unpackedQemuName } from '../unpacked-qemu.js';
import type { Cell, Plan, PlanHost, PlanOptions, SkippedCell } from './cell.js';
import { reasonToSkip } from './judge.js';
import { expand, named, type Draft } from './matrix.js';
import { order } from './order.js';
import { harnessCpusOf } from './pin.js';
import { refuseSame, twinsOf } from './vary.js';
import { settledGuests } from './settle.js';

/**
 * @throws UsageError when scenarios or cells are named twice, or nothing is left to start
 */
export function plan(
  scenarios: readonly Scenario[],
  guests: readonly DeclaredGuest[],
  host: PlanHost,
  options: PlanOptions,
): Plan {
  refuseTwins(scenarios);
  const drafts = scenarios.flatMap((scenario) => {
    const expanded = scenario.blocks.flatMap((block) =>
      expand(scenario, block, guests, host, options),
    );
    refuseSame(expanded, options);
    return named(expanded, scenarios.length > 1 ? [scenario.name] : []);
  });
  if (drafts.length === 0) {
    const files = scenarios.map((scenario) => scenario.file).join(', ');
    throw new UsageError(`nothing to start: none of the tiers of --only is in ${files}`);
  }
  const skipped = drafts.flatMap((draft) => skip(draft, guests, host));
  const left = new Set(skipped.map(({ cell }) => cell));
  const cells = drafts.map(({ cell }) => cell).filter((cell) => !left.has(cell));
  const seed = options.seed ?? scenarios[0]?.seed ?? 1;
  const harnessCpus = harnessCpusOf(scenarios, host.allowedCpus);
  const settled = settledGuests(scenarios, host);
  const starts = order(cells, seed, twinsOf(cells, skipped, options));
  return { seed, harnessCpus, cells, skipped, settled, starts };
}

function skip(draft: Draft, guests: readonly DeclaredGuest[], host: PlanHost): SkippedCell[] {
  const because = reasonToSkip(draft.cell, guests, host);
  if (because === undefined) return [];
  const { guest } = draft.cell;
  const asked =
    draft.accelAsked === 'kvm' || host.notBuilt.has(guest.name) || lacksQemu(draft.cell, host);
  return [{ cell: draft.cell, because, asked }];
}

/** A QEMU that was named and cannot be used; one that is only taken where it was fetched is no loss. */
function lacksQemu({ qemu, accel }: Cell, { qemus }: PlanHost): boolean {
  if (accel === 'none' || qemu === unpackedQemuName) return false;
  return qemus.get(qemu)?.state !== 'usable';
}

function refuseTwins(scenarios: readonly Scenario[]): void {
  scenarios.forEach((scenario, index) => {
    const twin = scenarios.slice(0, index).find((other) => other.name === scenario.name);
    if (twin === undefined) return;
    const both = `"${scenario.name}" is also the name of ${twin.file}`;
    throw new UsageError(`${scenario.nameAt}: ${both}; give one of them another name`);
  });
}
