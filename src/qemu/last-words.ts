/** What a QEMU and its guest said before they failed. */
import { isTrace } from './trace.js';
import type { Running } from './running.js';

/** What says most of why: the guest kernel's panic, QEMU's complaint, the end of the console. */
export function lastWords({ stderr, consoleText }: Running): string {
  const [, panic] = /Kernel panic - not syncing: (.+)/.exec(consoleText) ?? [];
  if (panic !== undefined) return `the guest's kernel panicked: ${panic.trim()}`;
  const complaints = stderr.split('\n').filter((line) => line !== '' && !isTrace(line));
  const complaint = complaints.at(-1) ?? '';
  if (complaint !== '') return complaint;
  const said = consoleText.trim().split('\n').at(-1)?.trim() ?? '';
  return said === '' ? '' : `the console ends with "${said}"`;
}

/** Everything a person needs to find out why, as a log has it. */
export function evidenceOf(machine: Running, ...more: readonly string[]): string {
  return [
    `command: ${machine.command}`,
    ...more,
    `stderr:\n${machine.stderr}`,
    `console:\n${machine.consoleText}`,
  ].join('\n');
}
