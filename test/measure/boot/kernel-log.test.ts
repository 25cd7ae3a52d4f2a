import { describe, expect, it } from 'vitest';

import { initcallsOf } from '../../../src/measure/boot/initcalls.js';
import { parseKernelLog } from '../../../src/measure/boot/kernel-log.js';
import { stepsOf } from '../../../src/measure/boot/steps.js';
import { functionName, parseSystemMap } from '../../../src/measure/boot/symbols.js';

describe("a kernel's log", () => {
  it('has a time and a text a line, with or without level and caller', () => {
    const text =
      '<6>[    0.000000] a\n[   12.345678] b\n<4>[    1.000001][    T1] c d\nmore of c\n';
    expect(parseKernelLog(text)).toEqual([
      { seconds: 0, text: 'a' },
      { seconds: 12.345678, text: 'b' },
      { seconds: 1.000001, text: 'c d' },
    ]);
  });
});

describe('initcalls', () => {
  const log = (...lines: readonly string[]) =>
    parseKernelLog(lines.map((line, index) => `[    1.00000${index}] ${line}\n`).join(''));

  it('begin with one line and end with another, whatever is said between', () => {
    const lines = log(
      'calling  a+0x0/0x1c @ 1',
      'ACPI: hello',
      'initcall a+0x0/0x1c returned -19 after 1234 usecs',
    );
    expect(initcallsOf(lines)).toEqual([
      { symbol: 'a+0x0/0x1c', calledAtS: 1, returnedAtS: 1.000002 },
    ]);
  });

  it('of a module have its name behind', () => {
    const lines = log(
      'calling  a+0x0/0x1000 [virtio] @ 1',
      'initcall a+0x0/0x1000 [virtio] returned 0 after 5 usecs',
    );
    expect(initcallsOf(lines).map(({ symbol }) => symbol)).toEqual(['a+0x0/0x1000']);
  });

  it('without an end, or a beginning, are none', () => {
    expect(
      initcallsOf(log('calling  a+0x0/0x1 @ 1', 'initcall b+0x0/0x1 returned 0 after 5 usecs')),
    ).toEqual([]);
  });
});

describe('a function', () => {
  const map = parseSystemMap(
    'ffffffff82f5d2a1 t acpi_init\nffffffff82f5d2a1 t other\n0000000000000000 A nil\n',
  );

  it('is called by its name without offset and size', () => {
    expect(functionName('acpi_init+0x0/0x5c2', map)).toBe('acpi_init');
  });

  it('is looked up in System.map where the kernel knows no names', () => {
    expect(functionName('0xffffffff82f5d2a1', map)).toBe('acpi_init');
  });

  it('stays an address where that has none either', () => {
    expect(functionName('0xffffffff82f5d2a2', map)).toBe('0xffffffff82f5d2a2');
    expect(functionName('0xffffffff82f5d2a1', new Map())).toBe('0xffffffff82f5d2a1');
  });
});

describe('steps', () => {
  const toMs = (seconds: number) => seconds * 1000 + 100;
  const stepsIn = (text: string) => stepsOf(parseKernelLog(text), toMs, 90, 10_000);

  it('begin where the clock starts over; what is before it is one step', () => {
    const text =
      '[    0.000000] a\n[    0.040000] b\n[    0.000570] c\n[    0.005570] d\n[    0.006000] e\n';
    expect(stepsIn(text).map(({ name, ms }) => [name, Number(ms.toFixed(2))])).toEqual([
      ['all before the clock ran: c', 10.57],
      ['d', 5],
    ]);
  });

  it('are not begun anew where lines of two CPUs are out of order by less than a millisecond', () => {
    const text = '[    0.001000] a\n[    0.010000] b\n[    0.009900] c\n';
    expect(stepsIn(text).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});
