import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { bootStageNames, type BootTrace } from '../../../src/boot-stages.js';
import { guestCodes } from '../../../src/marks.js';
import { bootTrace, syncText } from '../../../src/measure/boot/boot-trace.js';
import { BootWatch } from '../../../src/measure/boot/boot-watch.js';

/** As the optimised kernel logged it under TCG, started as vmlinux; PID 1's lines are at its end. */
const log = readFileSync(join(import.meta.dirname, '../../fixtures/boot/optimized.log'), 'utf8');
const syncs = [...log.matchAll(/\[\s*([\d.]+)\] basepoint: now/g)].map(([, at]) => Number(at));

const startNs = 5_000_000_000_000n;
const at = (ms: number) => startNs + BigInt(Math.round(ms * 1e6));

/** The guest's log is so far ahead of the start. */
const aheadMs = 200;

const selects = (...lines: readonly (readonly [wallMs: number, key: string])[]) =>
  lines
    .map(([ms, key]) => {
      const micros = String(Math.round((ms % 1000) * 1000)).padStart(6, '0');
      return `77@17000000${String(Math.floor(ms / 1000)).padStart(2, '0')}.${micros}:fw_cfg_select 0x55 key 0x${key} 'x', ret: 1\n`;
    })
    .join('');

/** What is seen of a boot whose firmware takes 60 ms. */
function watched(kernelMs: readonly number[], replaced: Partial<{ log: string }> = {}): BootWatch {
  const seen = new BootWatch();
  seen.beganNs = at(40);
  seen.said(selects([100, '0012'], [102, '0010']), at(103));
  for (const ms of kernelMs) seen.mark(guestCodes.KERNEL, at(ms));
  // The harness sees the first marks later than the others.
  syncs.forEach((seconds, index) => {
    const late = index < 3 ? 2 : 0;
    seen.mark(guestCodes.SYNC, at(seconds * 1000 + aheadMs + late));
  });
  seen.log = replaced.log ?? log;
  return seen;
}

const initMs = 780;

const stagesOf = ({ stages }: BootTrace) => stages.map(({ name }) => name);

describe('a boot that was traced', () => {
  const trace = bootTrace(watched([110]), startNs, initMs, new Map());

  it('has its stages in the order in which they happen, all from first instruction to PID 1', () => {
    expect(stagesOf(trace)).toEqual([
      ...['firmware', 'loader', 'entry', 'early', 'initcalls', 'initramfs', 'cpus', 'exec'],
    ]);
    const known: readonly string[] = bootStageNames;
    for (const name of stagesOf(trace)) expect(known).toContain(name);
    expect(trace.firstInstructionMs).toBeCloseTo(40);
    const total = initMs - trace.firstInstructionMs;
    const sum = trace.stages.reduce((all, { ms }) => all + ms, 0);
    expect(sum / total).toBeGreaterThan(0.95);
    expect(sum / total).toBeLessThanOrEqual(1);
  });

  it('has what the marks and QEMU tell in the first of them', () => {
    const [firmware, loader, entry, early] = trace.stages;
    expect(firmware?.ms).toBeCloseTo(61);
    expect(loader?.ms).toBeCloseTo(2);
    expect(entry?.ms).toBeCloseTo(7);
    expect(early?.atMs).toBeCloseTo(110);
    const first = /\[\s*([\d.]+)\] calling {2}\S+ @ 1/.exec(log)?.[1];
    expect((early?.atMs ?? 0) + (early?.ms ?? 0)).toBeCloseTo(Number(first) * 1000 + aheadMs);
  });

  it('has each initcall with what passed between its two lines', () => {
    const calls = log.match(/^<7>.*\] initcall /gm) ?? [];
    expect(trace.initcalls).toHaveLength(calls.length);
    const acpi = trace.initcalls.find(({ name }) => name === 'acpi_init');
    const times = [...log.matchAll(/\[\s*([\d.]+)\] (?:calling {2}|initcall )acpi_init\+/g)];
    const [called, returned] = times.map(([, seconds]) => Number(seconds) * 1000);
    expect(acpi?.ms).toBeCloseTo((returned ?? 0) - (called ?? 0));
  });

  it('does not begin its initcalls with those of the consoles, which are logged alike', () => {
    const console_ = `<7>[    0.000000] calling  con_init+0x0/0x22c @ 0
<7>[    0.000000] initcall con_init+0x0/0x22c returned 0 after 9000 usecs
`;
    const seen = watched([110], { log: console_ + log });
    expect(bootTrace(seen, startNs, initMs, new Map()).stages).toEqual(trace.stages);
  });

  it('tells the longer steps outside initcalls by the line that ended them', () => {
    const names = trace.steps.map(({ name }) => name);
    expect(names.some((name) => name.startsWith('Freeing SMP alternatives memory'))).toBe(true);
    expect(names[0]).toMatch(/^all before the clock ran: /);
    for (const { ms } of trace.steps) expect(ms).toBeGreaterThanOrEqual(1);
    expect(names.some((name) => name.startsWith('initcall '))).toBe(false);
  });
});

describe('a bzImage', () => {
  it('sets up its early console three times: that tells setup code and decompression', () => {
    const trace = bootTrace(watched([104, 112, 160]), startNs, initMs, new Map());
    expect(stagesOf(trace).slice(0, 5)).toEqual([
      ...['firmware', 'loader', 'setup', 'decompress', 'early'],
    ]);
    expect(trace.stages[3]?.ms).toBeCloseTo(48);
  });

  it('tells its entry apart where the decompressor says that it is done', () => {
    const seen = watched([104, 112, 160]);
    seen.printed('Booting the kernel.', at(150));
    const trace = bootTrace(seen, startNs, initMs, new Map());
    expect(trace.stages.slice(3, 5).map(({ name, ms }) => [name, Math.round(ms)])).toEqual([
      ['decompress', 38],
      ['entry', 10],
    ]);
  });
});

describe('a trace that is not whole is refused:', () => {
  const traced = (seen: BootWatch) => () => bootTrace(seen, startNs, initMs, new Map());

  it('no initcalls in the log', () => {
    const quiet = log.replaceAll(/^.*(calling|initcall) .*\n/gm, '');
    expect(traced(watched([110], { log: quiet }))).toThrow('does not know "initcall_debug"');
  });

  it('no line of PID 1 in the log, or one too few', () => {
    const less = log.replace(`${syncText}\n`, 'else\n');
    expect(traced(watched([110], { log: less }))).toThrow('7 lines of PID 1, expected 8');
  });

  it('a clock that does not fit: a stage would end before it began', () => {
    expect(() => bootTrace(watched([5000]), startNs, initMs, new Map())).toThrow(
      /^stage "\w+" would have taken -[\d.]+ ms/,
    );
  });

  it('nothing of the loader', () => {
    const seen = watched([110]);
    const deaf = new BootWatch();
    for (const ns of seen.kernelNs) deaf.mark(guestCodes.KERNEL, ns);
    for (const ns of seen.syncNs) deaf.mark(guestCodes.SYNC, ns);
    deaf.log = log;
    expect(traced(deaf)).toThrow('no trace event "fw_cfg_select"');
  });
});
