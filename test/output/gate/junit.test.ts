import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'junit2json';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';

import type { Verdict } from '../../../src/gate/verdict.js';
import { junitError, junitXml } from '../../../src/output/gate/junit.js';
import { around, cells, failures, ready, sideOf, verdictOf } from '../../gate/sides.js';

const [cold, fork] = cells;
const base = sideOf('base', ready(cold, around(60)), ready(fork, around(14)));
const candidate = sideOf(
  'head',
  ready(cold, around(60, 12)),
  ready(fork, around(17)),
  failures(fork, 1),
);
const verdict = verdictOf(base, candidate);
const trouble = junitError('l.yaml', 'results/a is no run that can be read: "<&>" \u0007');

async function problemsOf(xml: string): Promise<readonly string[]> {
  const schema = await readFile(join(import.meta.dirname, '../../fixtures/jenkins-junit.xsd'));
  const found = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: schema.toString() }],
  });
  return found.errors.map(({ message }) => message);
}

describe('JUnit XML', () => {
  it('is what it was', async () => {
    await expect(junitXml(verdict)).toMatchFileSnapshot('../../golden/gate-junit.xml');
  });

  it.each([
    ['of a verdict', junitXml(verdict)],
    ['of a trouble that left no verdict', trouble],
  ])('%s is valid against the schema that Jenkins reads it by', async (_, xml) => {
    expect(await problemsOf(xml)).toEqual([]);
  });

  it('would not be valid with another element, so that the check can fail', async () => {
    const broken = junitXml(verdict).replaceAll('failure', 'mishap');
    expect(await problemsOf(broken)).not.toEqual([]);
  });

  it('is read by a consumer as it was meant', async () => {
    const read = await parse(junitXml(verdict));
    if (read === undefined || read === null || !('testsuite' in read)) throw new Error('no suites');
    expect(read).toMatchObject({ tests: 7, failures: 2, errors: 0 });
    const cases = (read.testsuite ?? []).flatMap(({ testcase }) => testcase ?? []);
    const words = cases.map(({ classname, name, failure, skipped }) => [
      ...[classname, name],
      failure ? 'failure' : skipped === undefined ? 'passed' : 'skipped',
    ]);
    expect(words).toEqual(
      verdict.cases.map(({ cell, check, outcome }) => [cell, check, inJUnit[outcome]]),
    );
    const slow = cases.find(({ failure }) => failure !== undefined)?.failure?.[0];
    expect(slow?.inner).toMatch(/shift \+3\.\d\d \[\+2\.\d\d, \+3\.\d\d\] ms, \+\d\d\.\d\d %,/);
  });

  it('has a trouble as an error, and no character that XML does not have', async () => {
    const read = await parse(trouble);
    expect(read).toMatchObject({ tests: 1, errors: 1, failures: 0 });
    expect(trouble).toContain('&lt;&amp;&gt;');
    expect(trouble).not.toContain('\u0007');
  });
});

const inJUnit: Readonly<Record<Verdict['cases'][number]['outcome'], string>> = {
  regressed: 'failure',
  error: 'error',
  inconclusive: 'skipped',
  'too few': 'skipped',
  passed: 'passed',
};
