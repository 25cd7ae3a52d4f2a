/** What GitHub Actions shows: the step summary, and annotations at the lines of the limits. */
import type { GateCase, Outcome, Verdict } from '../../gate/verdict.js';
import { markdownTable } from '../ladder.js';
import { caseColumns, caseDetails, caseLine, caseRow, tally } from './case-text.js';
import { byWeight } from './order.js';

/** For `$GITHUB_STEP_SUMMARY`. */
export function stepSummary(verdict: Verdict): string {
  const cases = byWeight(verdict.cases);
  const open = cases.filter(({ outcome }) => outcome !== 'passed');
  const parts = [
    `## Start-up: ${tally(verdict)}`,
    `\`${verdict.candidate}\` against \`${verdict.base}\`, by \`${verdict.limits}\`. Times in ms, medians with their intervals.`,
    ...(open.length === 0 ? [] : [markdownTable([caseColumns, ...open.map(caseRow)])]),
    ...open.map((one) => `- **${one.cell}, ${one.check}**: ${caseLine(one)}`),
    folded('All cases', markdownTable([caseColumns, ...cases.map(caseRow)])),
    ...verdict.warnings.map((warning) => `- warning: ${warning}`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

/** How loud each outcome is; undefined ones need no annotation. */
const levels: Readonly<Record<Outcome, 'error' | 'warning' | undefined>> = {
  regressed: 'error',
  error: 'error',
  inconclusive: 'warning',
  'too few': 'warning',
  passed: undefined,
};

/** Workflow commands for standard output, one for each case that did not pass. */
export function annotations(verdict: Verdict): readonly string[] {
  return byWeight(verdict.cases).flatMap((one) => {
    const level = levels[one.outcome];
    return level === undefined ? [] : [annotation(level, one)];
  });
}

function annotation(level: string, one: GateCase): string {
  const title = `${one.cell}, ${one.check}`;
  const message = [caseLine(one), ...caseDetails(one)].join('\n');
  const place = placeOf(one.at);
  const properties = [...place, `title=${escapeProperty(title)}`].join(',');
  return `::${level} ${properties}::${escapeData(message)}`;
}

function placeOf(at: string | undefined): readonly string[] {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(at ?? '') ?? [];
  if (file === undefined || line === undefined || column === undefined) return [];
  return [`file=${escapeProperty(file)}`, `line=${line}`, `col=${column}`];
}

/** As GitHub's own toolkit escapes what follows the second `::`. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
