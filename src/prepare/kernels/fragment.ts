/**
 * A fragment: what a kernel's configuration must have, one option a line, each with its reason:
 *
 *     CONFIG_PVH=y  # QEMU enters the vmlinux directly, without the kernel's decompressor
 *
 * Everything that neither the fragment nor an option of it asks for is off. Pure.
 */
import { EnvironmentError, UsageError } from '../../errors.js';
import { parseConfig } from './config.js';

export interface FragmentLine {
  /** With `CONFIG_`. */
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/**
 * @param file name for messages
 * @throws UsageError with file and line
 */
export function parseFragment(text: string, file: string): readonly FragmentLine[] {
  const lines: FragmentLine[] = [];
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#.*)?$/.test(line)) return;
    const fail = (what: string) => new UsageError(`${file}:${index + 1}:1: ${what}`);
    const [, name, value, reason] =
      /^(CONFIG_\w+)=("[^"]*"|[^\s#]+)\s*(?:#\s*(.*?))?\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw fail(`a line must be CONFIG_NAME=VALUE  # REASON, got ${JSON.stringify(line.trim())}`);
    }
    if (reason === undefined || reason === '') throw fail(`${name} has no reason behind a "#"`);
    if (lines.some((other) => other.name === name)) throw fail(`${name} is already given above`);
    lines.push({ name, value, reason });
  });
  if (lines.length === 0) throw new UsageError(`${file}: there is no option in it`);
  return lines;
}

/** As the kernel's own configuration program reads it: without the reasons. */
export function fragmentForKconfig(lines: readonly FragmentLine[]): string {
  return lines.map(({ name, value }) => `${name}=${value}\n`).join('');
}

/**
 * The kernel's configuration program drops what it does not know and what depends on something that
 * is off, and says nothing of it.
 *
 * @param config the configuration it made
 * @throws EnvironmentError that names every option that is not as the fragment has it
 */
export function checkFragment(lines: readonly FragmentLine[], config: string, file: string): void {
  const made = parseConfig(config);
  const lost = lines.flatMap(({ name, value }) => {
    const got = made.get(name.replace('CONFIG_', '')) ?? 'n';
    return got === value ? [] : [`  ${name} is ${got}, not ${value}`];
  });
  if (lost.length === 0) return;
  throw new EnvironmentError(
    `this kernel's configuration does not take all of ${file}: an option is unknown to this version, or depends on one that is off\n${lost.join('\n')}`,
  );
}
