/** One value of a knob as the command line gives it. */
import { resolve } from 'node:path';

import { UsageError } from '../errors.js';
import { expectation, firstIssue, show } from './message.js';
import { pathOrName } from './path-or-name.js';
import { knobs, type KnobName } from './schema.js';

/** Text where the knob takes text, else the number that it is. */
export function toKnobValue(knob: KnobName, given: unknown, cwd: string): unknown {
  const text = typeof given === 'string' ? given.trim() : given;
  const accepted = knobs[knob].safeParse(text).success;
  const value = typeof text === 'string' && text !== '' && !accepted ? asNumber(text) : text;
  const absolute = pathKnobs[knob]?.(value, cwd) ?? value;
  checkedValue(knob, absolute);
  return absolute;
}

function asNumber(text: string): unknown {
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}

/** Paths are relative to where the command is given, not to the scenario. */
const pathKnobs: Partial<Record<KnobName, (value: unknown, cwd: string) => unknown>> = {
  qemu: (value, cwd) => (typeof value === 'string' ? pathOrName(value, cwd) : value),
  firmware: (value, cwd) => (typeof value === 'string' ? pathOrName(value, cwd) : value),
  guest: (value, cwd) => {
    if (typeof value === 'string') {
      return value.includes('/') ? { kernel: resolve(cwd, value) } : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    const { kernel, initramfs } = value as Record<string, unknown>;
    if (typeof kernel !== 'string') return value;
    const isPath = typeof initramfs === 'string' && !['default', 'none'].includes(initramfs);
    return {
      ...value,
      kernel: resolve(cwd, kernel),
      ...(isPath ? { initramfs: resolve(cwd, initramfs) } : {}),
    };
  },
};

/** As the schema makes it of a scenario. */
export function checkedValue(knob: KnobName, value: unknown): unknown {
  const result = knobs[knob].safeParse(value, { error: expectation });
  if (result.success) return result.data;
  const { issue } = firstIssue(result.error.issues);
  throw knobError(knob, `a value must be ${issue.message}, got ${show(value)}`);
}

export function knobError(knob: KnobName, message: string): UsageError {
  return new UsageError(`--vary ${knob}: ${message}`);
}
