/** `--vary KNOB=A,B`: a knob that takes two values in place of those of the scenario. */
import { parseDocument } from 'yaml';

import { UsageError } from '../errors.js';
import type { Telling, Two } from '../twins.js';
import { checkedValue, knobError, toKnobValue } from './knob-value.js';
import { didYouMean, show } from './message.js';
import { knobNames, type KnobName } from './schema.js';

/** Both values as a scenario would have them, paths made absolute. */
export interface Varied {
  readonly knob: KnobName;
  readonly values: Two<unknown>;
}

/**
 * @param text `KNOB=A,B`, or `KNOB=[A, B]` in YAML where a value has a comma in it or is a map
 * @param cwd what relative paths are relative to
 * @throws UsageError
 */
export function parseVary(text: string, cwd: string): Varied {
  const { name, list } = partsOf(text);
  if (list === undefined) {
    throw new UsageError(`--vary must be KNOB=A,B such as memory=128M,1G, got "${text}"`);
  }
  const knob = toKnob('--vary', name);
  const [base, candidate] = twoOf('--vary', knob, list);
  const values = [toKnobValue(knob, base, cwd), toKnobValue(knob, candidate, cwd)] as const;
  if (
    JSON.stringify(checkedValue(knob, values[0])) === JSON.stringify(checkedValue(knob, values[1]))
  ) {
    throw knobError(knob, `both values are ${show(base)}`);
  }
  return { knob, values };
}

/** As the command line has it, in the form that every value fits in. */
export function varyText({ knob, values }: Varied): string {
  return `${knob}=${JSON.stringify(values)}`;
}

/**
 * What `--by` says: a knob, and which of its values where there are more than two.
 *
 * @throws UsageError
 */
export function parseBy(text: string): Telling {
  const { name, list } = partsOf(text);
  const knob = toKnob('--by', name);
  if (list === undefined) return { knob };
  const [base, candidate] = twoOf('--by', knob, list);
  return { knob, values: [String(base), String(candidate)] };
}

function partsOf(text: string): { readonly name: string; readonly list: string | undefined } {
  const at = text.indexOf('=');
  if (at < 0) return { name: text.trim(), list: undefined };
  return { name: text.slice(0, at).trim(), list: text.slice(at + 1) };
}

function toKnob(option: string, name: string): KnobName {
  const knob = knobNames.find((known) => known === name);
  if (knob === 'trace') {
    throw new UsageError(
      `${option} trace: traced boots are in no comparison; report.md says what tracing costs`,
    );
  }
  if (knob !== undefined) return knob;
  throw new UsageError(`${option}: unknown knob "${name}"${didYouMean(name, knobNames)}`);
}

function twoOf(option: string, knob: KnobName, list: string): Two<unknown> {
  const given = list.trim().startsWith('[') ? fromYaml(option, knob, list) : list.split(',');
  const [base, candidate, ...more] = given;
  if (base !== undefined && candidate !== undefined && more.length === 0) return [base, candidate];
  const count = `takes two values, got ${given.length}`;
  throw new UsageError(`${option} ${knob}: ${count}: ${option} ${knob}=A,B`);
}

function fromYaml(option: string, knob: KnobName, list: string): readonly unknown[] {
  const document = parseDocument(list);
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (Array.isArray(value)) return value;
  throw new UsageError(`${option} ${knob}: [A, B] must be a YAML list, got ${list}`);
}

/** Who says what is wrong, and where: a file, or the command line. */
export interface Complaints {
  error(path: readonly PropertyKey[], message: string): UsageError;
}

export function complaintsOf({ knob }: Varied): Complaints {
  return { error: (_path, message) => knobError(knob, message) };
}
