/** What the kernel did between two lines of its log, where that took long. Pure. */
import type { BootStep } from '../../boot-stages.js';
import type { LogClock } from './boot-trace.js';
import type { LogLine } from './kernel-log.js';

const leastMs = 1;
const longestName = 70;

/** So far lines of several CPUs may be out of order without that the clock started over. */
const clocksDifferS = 0.001;

/**
 * The steps between two instants of ours. The log's clock stands still, or ticks and then starts over,
 * until the kernel knows its time stamp counter: all that is before that is one step.
 */
export function stepsOf(
  log: readonly LogLine[],
  toMs: LogClock,
  fromMs: number,
  endMs: number,
): readonly BootStep[] {
  const from = clockRunsFrom(log);
  const lines = log.slice(from).map(({ seconds, text }, index) => ({
    at: toMs(seconds),
    text: index === 0 && from > 0 ? `all before the clock ran: ${text}` : text,
  }));
  const within = lines.filter(({ at }) => at > fromMs && at <= endMs);
  return within
    .map(({ at, text }, index) => {
      const atMs = within[index - 1]?.at ?? fromMs;
      return { name: text.trim().slice(0, longestName), atMs, ms: at - atMs };
    })
    .filter(({ ms }) => ms >= leastMs);
}

function clockRunsFrom(log: readonly LogLine[]): number {
  const back = log.findLastIndex(
    ({ seconds }, index) => seconds + clocksDifferS < (log[index - 1]?.seconds ?? 0),
  );
  if (back >= 0) return back;
  return Math.max(
    0,
    log.findIndex(({ seconds }) => seconds > 0),
  );
}
