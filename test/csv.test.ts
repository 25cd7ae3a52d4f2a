import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { csvText, parseCsv } from '../src/csv.js';

const read = (text: string) => parseCsv(text, () => undefined).map(({ record }) => record);

describe('CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '＝1'])(
    'escapes %j, which a spreadsheet would run, and reads it back',
    (value) => {
      const text = csvText([{ a: value, b: 'x' }], ['a', 'b']);
      expect(text).toMatch(/^a,b\n"?'/);
      expect(read(text)).toEqual([{ a: value, b: 'x' }]);
    },
  );

  it('reads back every value it wrote', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom("'", '=', '+', '-', '@', '"', ',', '\t', '\r', '\n', 'a'),
      }),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(read(csvText([{ a, b }], ['a', 'b']))).toEqual([{ a, b }]);
      }),
    );
  });

  it('is a header alone where there are no rows', () => {
    expect(csvText([], ['a', 'b'])).toBe('a,b\n');
  });

  it('is rows alone where the header was written before', () => {
    expect(csvText([{ a: '1' }], ['a'], false)).toBe('1\n');
  });

  it('reads what a spreadsheet saved: a byte order mark and CR LF', () => {
    expect(read('\ufeffa,b\r\n1,2\r\n')).toEqual([{ a: '1', b: '2' }]);
  });
});
