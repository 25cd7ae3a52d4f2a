/** Whether the two sides may be compared at all, as the limits would have it. */
import type { Comparison } from '../compare/comparison.js';
import type { Limits } from '../parse/limits.js';
import type { GateCase } from './verdict.js';

export interface SideProblems {
  readonly errors: readonly GateCase[];
  readonly warnings: readonly string[];
}

type Treatment = 'refuse' | 'warn' | 'ignore';

/** What differs of hosts and cells: refused, or let pass with a warning. */
export function sideProblems(limits: Limits, comparison: Comparison): SideProblems {
  const problems = [...hostProblems(limits, comparison), ...cellProblems(limits, comparison)];
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
  const { onlyBase, onlyCandidate, base, candidate } = comparison;
  const check = 'same cells';
  return [
    ...onlyBase.map((cell) => ({
      ...{ cell, check, treatment: limits.missingCells },
      because: `is in the baseline ${base}, and not in ${candidate}`,
    })),
    ...onlyCandidate.map((cell) => ({
      ...{ cell, check, treatment: limits.newCells },
      because: `is in ${candidate}, and not in the baseline ${base}`,
    })),
  ];
}
