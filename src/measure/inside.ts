/** What the base-point library stamped inside QEMU, as durations and marks of one start. */
import { msBetween } from '../clock.js';
import { ConsoleWatch } from '../qemu/console-watch.js';
import { guestCodes } from '../marks.js';
import type { InsideStamps } from '../qemu/running.js';
import type { StageName, StageTimes } from '../stages.js';
import type { InsideMarks } from './sample.js';
import type { Start } from './start.js';

interface InsideTimes {
  readonly stages: StageTimes;
  readonly insideMarks: InsideMarks;
}

/** The library's words for the ends of our stages; `resumed` comes from the harness between them. */
const ends: readonly (readonly [StageName, string])[] = [
  ['request', 'request'],
  ['park', 'parked'],
  ['fork', 'forked'],
  ['warm', 'warmed'],
  ['vm', 'vm'],
  ['descriptors', 'descriptors'],
  ['kvm', 'kvm'],
  ['revive', 'revived'],
  ['load', 'resumed'],
  ['continue', 'run'],
  ['first_mark', 'mark'],
];

export function insideTimes(start: Start, stamps: InsideStamps | undefined): InsideTimes {
  if (stamps === undefined) return { stages: {}, insideMarks: {} };
  const { startNs } = start.machine;
  const marks = start.spec.observeMs > 0 ? {} : insideMarksOf(start, startNs, stamps);
  return { stages: stageTimes(start, stamps), insideMarks: marks };
}

/** Of a guest without our PID 1 the library stamped the console: the answer's last byte counts. */
function insideMarksOf(
  { spec: { ready }, consoleNonce }: Start,
  startNs: bigint,
  stamps: InsideStamps,
): InsideMarks {
  if (ready === undefined) return insideMarks(startNs, stamps);
  let answeredNs: bigint | undefined;
  const watch = new ConsoleWatch(ready, consoleNonce, {
    line: () => undefined,
    answer: (atNs) => (answeredNs ??= atNs),
  });
  for (const { code, atNs } of stamps.marks) watch.feed(Buffer.of(code), atNs);
  return answeredNs === undefined ? {} : { ready: msBetween(startNs, answeredNs) };
}

function stageTimes(start: Start, stamps: InsideStamps): StageTimes {
  if (stamps.stages['request'] === undefined) return {};
  const at = new Map(
    Object.entries(stamps.stages).map(([word, ns]) => [word, msBetween(start.machine.startNs, ns)]),
  );
  if (start.spec.tier === 'fork' && start.marks.resumed !== undefined) {
    at.set('resumed', start.marks.resumed);
  }
  const times: StageTimes = {};
  let before = 0;
  for (const [stage, word] of ends) {
    const end = at.get(word);
    if (end === undefined) continue;
    times[stage] = end - before;
    before = end;
  }
  return times;
}

/**
 * Ready is the first such byte and work the last: between them the answer's bytes may be anything. So
 * may what a guest that is observed tells before it is ready.
 */
function insideMarks(startNs: bigint, { marks }: InsideStamps): InsideMarks {
  const ready = marks.find(({ code }) => code === guestCodes.READY);
  const work = marks.findLast(({ code }) => code === guestCodes.WORK);
  return {
    ...(ready === undefined ? {} : { ready: msBetween(startNs, ready.atNs) }),
    ...(work === undefined ? {} : { work: msBetween(startNs, work.atNs) }),
  };
}
