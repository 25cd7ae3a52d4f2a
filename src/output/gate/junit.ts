/** The verdict as JUnit XML, which every CI reads: a suite for each cell, a case for each check. */
import { create } from 'xmlbuilder2';

import type { GateCase, Outcome, Verdict } from '../../gate/verdict.js';
import { caseDetails, caseLine } from './case-text.js';

/** What a case is in JUnit's words; undefined where it is simply a test that passed. */
const elements: Readonly<Record<Outcome, 'failure' | 'error' | 'skipped' | undefined>> = {
  regressed: 'failure',
  error: 'error',
  inconclusive: 'skipped',
  'too few': 'skipped',
  passed: undefined,
};

export function junitXml(verdict: Verdict): string {
  const cells = [...new Set(verdict.cases.map(({ cell }) => cell))];
  const root = {
    testsuites: {
      ...{ '@name': 'basepoint gate', ...counts(verdict.cases) },
      testsuite: cells.map((cell) =>
        suite(
          cell,
          verdict,
          verdict.cases.filter((one) => one.cell === cell),
        ),
      ),
    },
  };
  // A failure may quote what a guest wrote, which may be no character of XML.
  const options = { encoding: 'UTF-8', invalidCharReplacement: '\u{fffd}' };
  return `${create(options, root).end({ prettyPrint: true })}\n`;
}

/** An infrastructure trouble that left no verdict, as a document of one error. */
export function junitError(limits: string, message: string): string {
  const only: GateCase = {
    ...{ cell: 'gate', check: 'verdict', at: undefined },
    ...{ outcome: 'error', because: message },
  };
  return junitXml({ limits, base: '-', candidate: '-', cases: [only], warnings: [] });
}

function counts(cases: readonly GateCase[]) {
  const count = (element: string) =>
    cases.filter(({ outcome }) => elements[outcome] === element).length;
  return {
    '@tests': cases.length,
    '@failures': count('failure'),
    '@errors': count('error'),
  };
}

function suite(cell: string, { base, candidate, limits }: Verdict, cases: readonly GateCase[]) {
  const skipped = cases.filter(({ outcome }) => elements[outcome] === 'skipped').length;
  const properties = Object.entries({ baseline: base, candidate, limits });
  return {
    ...{ '@name': cell, ...counts(cases), '@skipped': skipped },
    properties: {
      property: properties.map(([name, value]) => ({ '@name': name, '@value': value })),
    },
    testcase: cases.map(testcase),
  };
}

/** The order of its children is the schema's. */
function testcase(one: GateCase) {
  const element = elements[one.outcome];
  const figures = [caseLine(one), ...caseDetails(one)].join('\n');
  return {
    ...{ '@classname': one.cell, '@name': one.check },
    ...(element === undefined ? {} : { [element]: content(element, one, figures) }),
    'system-out': figures,
  };
}

function content(element: string, one: GateCase, figures: string) {
  // The schema has `skipped` as plain text.
  if (element === 'skipped') return figures;
  return { '@type': one.outcome, '@message': caseLine(one), '#': figures };
}
