/** Which process measures a run: two harnesses must not write one samples.csv. */
import { readFileSync } from 'node:fs';

/** The process and when it began, since numbers of processes come again; undefined if it is gone. */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the start time is the 20th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

/** Whether the process that an identity was taken from still runs. */
export function isAlive(identity: string): boolean {
  return processIdentity(Number.parseInt(identity, 10)) === identity;
}
