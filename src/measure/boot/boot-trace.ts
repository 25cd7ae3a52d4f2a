/** The stages of one boot, from what was seen of it and what its kernel logged. Pure. */
import type { BootStage, BootStageName, BootTrace, Initcall } from '../../boot-stages.js';
import { msBetween } from '../../clock.js';
import type { BootWatch } from './boot-watch.js';
import { initcallsOf, type LoggedInitcall } from './initcalls.js';
import { parseKernelLog, type LogLine } from './kernel-log.js';
import { stepsOf } from './steps.js';
import { functionName, type Symbols } from './symbols.js';

/** As kernels/protocol.h has it; a test compares. */
export const syncText = 'basepoint: now';

const unpacksInitramfs = 'populate_rootfs';

/** Turns the log's clock into ms since the start. */
export type LogClock = (seconds: number) => number;

/**
 * @param initMs when PID 1 ran, since `startNs`
 * @throws Error that says what was not told
 */
export function bootTrace(
  seen: BootWatch,
  startNs: bigint,
  initMs: number,
  symbols: Symbols,
): BootTrace {
  const log = parseKernelLog(seen.log);
  const toMs = logClock(log, seen.syncNs, startNs);
  const logged = initcallsOf(log).filter(({ returnedAtS }) => toMs(returnedAtS) <= initMs);
  const [first, last] = [logged[0], logged.at(-1)];
  if (first === undefined || last === undefined) {
    throw new Error('the kernel logged no initcalls: it does not know "initcall_debug"');
  }
  const began = seen.beganNs === undefined ? 0 : msBetween(startNs, seen.beganNs);
  const intervals = intervalsBefore(seen, startNs, began);
  const early = interval('early', intervals.at(-1)?.endMs ?? began, toMs(first.calledAtS));
  const exec = interval('exec', toMs(last.returnedAtS), initMs);
  const initcalls = logged.map((one) => toInitcall(one, toMs, symbols));
  return {
    firstInstructionMs: began,
    initMs,
    initcalls,
    steps: [early, exec].flatMap(({ atMs, endMs }) => stepsOf(log, toMs, atMs, endMs)),
    stages: inOrder([
      ...[...intervals, early].map(toStage),
      ...initcallStages(initcalls),
      ...betweenInitcalls(log, logged, toMs),
      toStage(exec),
    ]),
  };
}

/** How far the log's clock and the harness's may be apart, in ms; the log counts in microseconds. */
const apartMs = 0.5;

/** @throws Error where a stage would end before it began: then the clocks do not fit, nor do the others */
function inOrder(stages: readonly BootStage[]): readonly BootStage[] {
  const wrong = stages.find(({ ms }) => ms < -apartMs);
  if (wrong === undefined) return stages.map((one) => ({ ...one, ms: Math.max(0, one.ms) }));
  throw new Error(
    `stage "${wrong.name}" would have taken ${wrong.ms.toFixed(3)} ms: the log's clock does not fit the marks`,
  );
}

interface Interval {
  readonly name: BootStageName;
  readonly atMs: number;
  readonly endMs: number;
}

function interval(name: BootStageName, atMs: number, endMs: number): Interval {
  return { name, atMs, endMs };
}

function toStage({ name, atMs, endMs }: Interval): BootStage {
  return { name, atMs, ms: endMs - atMs };
}

/**
 * What lies between a mark and its line is the same each time but for how late the harness sees the
 * mark, so the smallest difference is the best.
 */
function logClock(log: readonly LogLine[], syncNs: readonly bigint[], startNs: bigint): LogClock {
  const lines = log.filter(({ text }) => text === syncText);
  if (lines.length === 0 || lines.length !== syncNs.length) {
    throw new Error(
      `the kernel's log has ${lines.length} lines of PID 1, expected ${syncNs.length}`,
    );
  }
  const offsets = syncNs.map((ns, index) => {
    return msBetween(startNs, ns) - (lines[index]?.seconds ?? 0) * 1000;
  });
  const offset = Math.min(...offsets);
  return (seconds) => seconds * 1000 + offset;
}

/**
 * Up to the kernel's early console. A bzImage sets that up three times: in its setup code, in its
 * decompressor and in the kernel itself; a vmlinux once.
 */
function intervalsBefore(seen: BootWatch, startNs: bigint, began: number): readonly Interval[] {
  const toMs = (ns: bigint) => msBetween(startNs, ns);
  const kernel = seen.kernelNs.map(toMs);
  const [sign = 0, own = 0] = [kernel[0], kernel.at(-1)];
  const loaded = seen.loadedNs.map(toMs).filter((at) => at <= sign);
  const [from, to] = [loaded[0], loaded.at(-1)];
  if (from === undefined || to === undefined) {
    throw new Error(
      'QEMU did not tell when the kernel was loaded: it has no trace event "fw_cfg_select" (its trace backend "log" was left out)',
    );
  }
  const ends: [BootStageName, number][] = [
    ['firmware', from],
    ['loader', to],
  ];
  const decompressor = kernel.at(-2);
  if (decompressor !== undefined) {
    ends.push(['setup', decompressor]);
    ends.push(['decompress', seen.bootingNs === undefined ? own : toMs(seen.bootingNs)]);
  }
  if (decompressor === undefined || seen.bootingNs !== undefined) ends.push(['entry', own]);
  return ends.map(([name, endMs], index) => interval(name, ends[index - 1]?.[1] ?? began, endMs));
}

function toInitcall(
  { symbol, calledAtS, returnedAtS }: LoggedInitcall,
  toMs: LogClock,
  symbols: Symbols,
): Initcall {
  const [atMs, endMs] = [toMs(calledAtS), toMs(returnedAtS)];
  return { name: functionName(symbol, symbols), atMs, ms: endMs - atMs };
}

function initcallStages(initcalls: readonly Initcall[]): readonly BootStage[] {
  const isUnpacking = ({ name }: Initcall) => name === unpacksInitramfs;
  const others = initcalls.filter((one) => !isUnpacking(one));
  const ms = others.reduce((sum, one) => sum + one.ms, 0);
  const unpacking = initcalls.filter(isUnpacking);
  return [
    { name: 'initcalls', atMs: Math.min(...others.map(({ atMs }) => atMs)), ms },
    ...unpacking.map((one): BootStage => ({ name: 'initramfs', atMs: one.atMs, ms: one.ms })),
  ];
}

/** Early initcalls run on the first CPU alone; what follows them is told by the line that ends it. */
function betweenInitcalls(
  log: readonly LogLine[],
  logged: readonly LoggedInitcall[],
  toMs: LogClock,
): readonly BootStage[] {
  const at = log.find(({ text }) => text.startsWith('smp: Brought up'))?.seconds;
  if (at === undefined) return [];
  const before = logged.findLast(({ returnedAtS }) => returnedAtS <= at)?.returnedAtS;
  const after = logged.find(({ calledAtS }) => calledAtS >= at)?.calledAtS;
  if (before === undefined || after === undefined) return [];
  return [toStage(interval('cpus', toMs(before), toMs(after)))];
}
