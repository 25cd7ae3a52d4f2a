/** The verdict for a terminal. */
import type { Verdict } from '../../gate/verdict.js';
import { alignedTable } from '../ladder.js';
import { caseColumns, caseDetails, caseLine, caseRow, tally } from './case-text.js';
import { byWeight } from './order.js';

export function verdictText(verdict: Verdict): string {
  const cases = byWeight(verdict.cases);
  const open = cases.filter(({ outcome }) => outcome !== 'passed');
  return [
    `${verdict.candidate} against ${verdict.base}, by ${verdict.limits}`,
    '',
    alignedTable([caseColumns, ...cases.map(caseRow)]),
    ...open.flatMap((one) => [
      '',
      `${one.cell}, ${one.check}: ${caseLine(one)}`,
      ...caseDetails(one).map((line) => `  ${line}`),
    ]),
    ...(verdict.warnings.length === 0 ? [] : ['']),
    ...verdict.warnings.map((warning) => `warning: ${warning}`),
    '',
    tally(verdict),
    '',
  ].join('\n');
}
