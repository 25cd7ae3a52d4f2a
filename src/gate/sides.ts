/** Whether the two sides may be compared at all, as the limits would have it. */
import type { Comparison } from '../compare/comparison.js';
import type { Limits } from '../parse/limits.js';
import { lacked, unjudged } from './rules.js';
import type { GateCase } from './verdict.js';

export interface SideProblems {
  readonly errors: readonly GateCase[];
  readonly warnings: readonly string[];
}

type Treatment = 'refuse' | 'warn' | 'ignore';

/** What differs of hosts and cells, and what was not measured: refused, or let pass with a warning. */
export function sideProblems(limits: Limits, comparison: Comparison): SideProblems {
  const problems = [
    ...hostProblems(limits, comparison),
    ...cellProblems(limits, comparison),
    ...skippedProblems(limits, comparison),
  ];
  const of = (wanted: Treatment) => problems.filter(({ treatment }) => treatment === wanted);
  return {
    errors: of('refuse').map(({ cell, check, because }) => ({
      ...{ cell, check, because, at: undefined },
      outcome: 'error',
    })),
    warnings: [
      ...of('warn').map(({ cell, because }) => `${cell}: ${because}`),
      ...comparison.differences,
    ],
  };
}

interface Problem extends Pick<GateCase, 'cell' | 'check' | 'because'> {
  readonly treatment: Treatment;
}

function hostProblems(limits: Limits, { host }: Comparison): readonly Problem[] {
  return host.differences.map(({ key, label, severity, base, candidate }) => ({
    cell: 'host',
    check: label,
    because: `${label}: was ${base}, is ${candidate}`,
    treatment: limits.hostFacts[key] ?? (severity === 'blocks' ? limits.hostDifference : 'warn'),
  }));
}

function cellProblems(limits: Limits, comparison: Comparison): readonly Problem[] {
  const { onlyBase, onlyCandidate, base, candidate, skipped } = comparison;
  const check = 'same cells';
  const left = lacked(limits, skipped);
  return [
    ...left(onlyBase).map((cell) => ({
      ...{ cell, check, treatment: limits.missingCells },
      because: `is in the baseline ${base}, and not in ${candidate}`,
    })),
    ...left(onlyCandidate).map((cell) => ({
      ...{ cell, check, treatment: limits.newCells },
      because: `is in ${candidate}, and not in the baseline ${base}`,
    })),
  ];
}

function skippedProblems(limits: Limits, { skipped }: Comparison): readonly Problem[] {
  return unjudged(limits, skipped).map(({ cell, because }) => ({
    ...{ cell: cell.id, check: 'measured', treatment: limits.skippedCells },
    because: `was skipped, because ${because}`,
  }));
}
