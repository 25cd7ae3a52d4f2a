/** Initcalls, from the lines that `initcall_debug` has the kernel log. Pure. */
import type { LogLine } from './kernel-log.js';

/**
 * On the log's clock. What the kernel itself says an initcall took is not used: until it has switched to
 * its best clock source it counts in ticks of 1 to 10 ms.
 */
export interface LoggedInitcall {
  /** As the kernel wrote it: `name+0x0/0x1c`, or an address where it has no KALLSYMS. */
  readonly symbol: string;
  /** When its line "calling" was written, which takes some 0.02 ms under TCG. */
  readonly calledAtS: number;
  /** When its line "returned" was. */
  readonly returnedAtS: number;
}

/** Those of PID 1: before there is one, the consoles are set up with the same lines (`@ 0`). */
const calling = /^calling {1,2}(\S+)(?: \[\w+\])? @ 1$/;
const returned = /^initcall (\S+)(?: \[\w+\])? returned -?\d+ after \d+ usecs/;

/** In the order in which they ended. A call without an end, or the other way round, is left out. */
export function initcallsOf(log: readonly LogLine[]): readonly LoggedInitcall[] {
  const open = new Map<string, number>();
  const found: LoggedInitcall[] = [];
  for (const { seconds, text } of log) {
    const [, called] = calling.exec(text) ?? [];
    if (called !== undefined) open.set(called, seconds);
    const [, symbol] = returned.exec(text) ?? [];
    if (symbol === undefined) continue;
    const calledAtS = open.get(symbol);
    open.delete(symbol);
    if (calledAtS === undefined) continue;
    found.push({ symbol, calledAtS, returnedAtS: seconds });
  }
  return found;
}
