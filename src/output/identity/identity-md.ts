/** The part of report.md that says what clones have in common. */
import type { SampleRecord } from '../../results/columns.js';
import type { ObservedClone } from '../../results/observed-clones.js';
import type { RunRecord } from '../../results/record.js';
import { markdownTable } from '../ladder.js';
import { identityCosts } from './costs.js';
import { identityFindings } from './findings.js';
import {
  clockLines,
  costLines,
  fieldHead,
  fieldRows,
  identityHead,
  identityRows,
  identityVerdicts,
} from './tables.js';

/** No parts where no guest was observed. */
export function identityParts(
  record: RunRecord,
  samples: readonly SampleRecord[],
  observed: readonly ObservedClone[],
): readonly string[] {
  const findings = identityFindings(record.cells, observed);
  if (findings.length === 0) return [];
  const costs = costLines(identityCosts(record.cells, samples));
  const fields = [...fieldHead, ...findings.map(({ cell }) => cell.id)];
  return [
    '## What clones have in common',
    list(identityVerdicts(findings)),
    markdownTable([identityHead, ...identityRows(findings, record)]),
    'Times are in ms after the guest was resumed. *Equal*: guests that drew random bytes which another guest of the cell drew too.',
    markdownTable([fields, ...fieldRows(findings)]),
    list(clockLines(findings)),
    ...(costs.length === 0 ? [] : [`What it costs:\n\n${list(costs)}`]),
  ];
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
