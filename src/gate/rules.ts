/** Which limits hold for a cell. */
import picomatch from 'picomatch';

import type { Floors } from '../compare/floors.js';
import { UsageError } from '../errors.js';
import type { Limit, LimitCheck, Limits } from '../parse/limits.js';
import type { SkippedCell } from '../plan/cell.js';

/** Whether a pattern of a limits file is meant for this cell: `*` is any text, slashes included. */
export function matches(pattern: string, id: string): boolean {
  return picomatch.isMatch(id, pattern, { bash: true, dot: true });
}

/** The limits of a cell. Where several limit the same of it, the last one in the file counts. */
export function limitsOf({ limits }: Limits, id: string): readonly Limit[] {
  const found = limits.filter(({ cells }) => matches(cells, id));
  return [...new Map(found.map((limit) => [subject(limit.check), limit])).values()];
}

/** What is limited, as a case names it; one limit for each. */
export function subject(check: LimitCheck): string {
  switch (check.kind) {
    case 'regression':
      return check.metric.name;
    case 'ceiling':
      return `${check.metric.name} ${check.percentile}`;
    case 'ratio':
      return `${check.metric.name} of ${check.to}`;
    case 'failure rate':
      return 'failure rate';
  }
}

/**
 * @param ids also of cells that were skipped
 * @throws UsageError for the first limit that is meant for none of the cells
 */
export function refuseUnmatched({ limits }: Limits, ids: readonly string[]): void {
  const lost = limits.find(({ cells }) => !ids.some((id) => matches(cells, id)));
  if (lost === undefined) return;
  const some = ids.slice(0, 3).join(', ');
  throw new UsageError(
    `${lost.at}: no cell matches "${lost.cells}"; cells: ${some}${ids.length > 3 ? ', ...' : ''}`,
  );
}

/** A limit of something that no cell has would pass for ever. */
export function idleLimit({ at, check }: Limit, id: string): UsageError {
  return new UsageError(`${at}: none of the cells it matches has "${subject(check)}", as ${id}`);
}

/** The cells that would be judged, had they been started. */
export function unjudged(
  { limits }: Limits,
  skipped: readonly SkippedCell[],
): readonly SkippedCell[] {
  return skipped.filter(({ cell }) => limits.some(({ cells }) => matches(cells, cell.id)));
}

/** Leaves out what a side could not start, and so does not lack: that is told by itself. */
export function lacked(
  limits: Limits,
  skipped: readonly SkippedCell[],
): (ids: readonly string[]) => readonly string[] {
  const told = new Set(unjudged(limits, skipped).map(({ cell }) => cell.id));
  return (ids) => ids.filter((id) => !told.has(id));
}

/** The metrics of which any cell's regression is limited. */
export function regressionMetrics({ limits }: Limits): readonly string[] {
  const names = limits.flatMap(({ check }) =>
    check.kind === 'regression' ? [check.metric.name] : [],
  );
  return [...new Set(names)];
}

/** What a shift of a cell's metric must exceed; never reached where it is not limited. */
export function floorsOf(limits: Limits): Floors {
  return (id, { name }) => {
    const checks = limitsOf(limits, id).map(({ check }) => check);
    const found = checks
      .filter((check) => check.kind === 'regression')
      .find((check) => check.metric.name === name);
    return found ?? { relative: 0, absolute: Number.MAX_VALUE };
  };
}
