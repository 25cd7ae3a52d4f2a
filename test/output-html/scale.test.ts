import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, logScale, percent, scaleFor } from '../../src/output/html/scale.js';

describe('a linear scale', () => {
  it('goes from 0 at its least to 1 at its greatest value', () => {
    const { at } = linearScale(10, 30);
    expect([at(10), at(20), at(30)]).toEqual([0, 0.5, 1]);
  });

  it('has ticks at 1, 2 or 5 times a power of ten, labelled no finer than they are', () => {
    const labels = (min: number, max: number) => linearScale(min, max).ticks.map((t) => t.label);
    expect(labels(0, 1)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels(38, 61)).toEqual(['40', '45', '50', '55', '60']);
    expect(labels(0.9, 0.93)).toEqual(['0.90', '0.91', '0.92', '0.93']);
  });
});

describe('a log scale', () => {
  it('gives equal factors equal distances', () => {
    const { at } = logScale(1, 1000);
    expect(at(10)).toBeCloseTo(1 / 3, 12);
    expect(at(100) - at(10)).toBeCloseTo(at(10) - at(1), 12);
  });

  it('has ticks at 1, 2 and 5, and calls the powers of ten major', () => {
    const { ticks } = logScale(0.4, 12);
    expect(ticks.map(({ label }) => label)).toEqual(['0.5', '1', '2', '5', '10']);
    expect(ticks.filter(({ major }) => major).map(({ value }) => value)).toEqual([1, 10]);
  });

  it('refuses what has no logarithm', () => {
    expect(() => logScale(0, 10)).toThrow(RangeError);
    expect(() => logScale(5, 5)).toThrow(RangeError);
  });
});

describe('the scale for values', () => {
  it('is linear where they are close, and logarithmic where they span more than 4 times', () => {
    expect(scaleFor([40, 60]).kind).toBe('linear');
    expect(scaleFor([40, 161]).kind).toBe('log');
    expect(scaleFor([0, 161]).kind).toBe('linear');
  });

  it('has room where all values are the same, and where there are none', () => {
    for (const values of [[20, 20, 20], [0], []]) {
      const { min, max } = scaleFor(values);
      expect(max).toBeGreaterThan(min);
    }
    // Apart by rounding alone.
    const { at } = scaleFor([99999.9999999998, 99999.99999999978]);
    expect(at(100_000)).toBeCloseTo(0.5, 6);
  });

  it('holds every value, and all of its ticks', () => {
    const times = fc.array(fc.double({ min: 0.001, max: 1e5, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, (values) => {
        const { at, ticks } = scaleFor(values);
        for (const value of [...values, ...ticks.map((tick) => tick.value)]) {
          expect(at(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(at(value)).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThan(40);
      }),
    );
  });

  it('takes more values than a call can have arguments', () => {
    const many = Array.from({ length: 300_000 }, (_, index) => index + 1);
    expect(scaleFor(many).max).toBeGreaterThan(300_000);
  });
});

describe('a place in percent', () => {
  it('has at most two decimals', () => {
    expect(percent(1 / 3)).toBe('33.33%');
    expect(percent(0.5)).toBe('50%');
  });
});
