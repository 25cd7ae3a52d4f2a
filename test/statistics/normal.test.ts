import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile, normalSurvival } from '../../src/statistics/normal.js';
import { expectAllClose, expectClose } from './support.js';

describe('the normal cdf', () => {
  it('agrees with R from far in the lower tail to far in the upper', () => {
    // R 4.2.2: pnorm(c(-10, -5, -3.1, -3, -2.9, -1, 0.3, 1, 1.96, 2.999, 3, 5, 8))
    const points = [-10, -5, -3.1, -3, -2.9, -1, 0.3, 1, 1.96, 2.999, 3, 5, 8];
    expectAllClose(
      points.map(normalCdf),
      [
        7.6198530241605269e-24, 2.8665157187919391e-7, 9.6760321321835631e-4, 1.3498980316300946e-3,
        1.8658133003840384e-3, 1.5865525393145705e-1, 6.1791142218895267e-1, 8.4134474606854293e-1,
        9.7500210485177963e-1, 9.9864566346627293e-1, 9.986501019683699e-1, 9.9999971334842808e-1,
        9.9999999999999933e-1,
      ],
      1e-13,
    );
  });

  it('is one half at 0, 0 and 1 at the ends', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(-Infinity)).toBe(0);
    expect(normalCdf(Infinity)).toBe(1);
    expect(normalCdf(-40)).toBe(0);
  });

  it('mirrors at 0, and its survival keeps the small tail', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) =>
        expectClose(normalCdf(x) + normalCdf(-x), 1, 1e-14),
      ),
    );
    expectClose(normalSurvival(10), 7.6198530241605269e-24, 1e-13);
  });

  it('rises', () => {
    const grid = Array.from({ length: 1001 }, (_, i) => normalCdf(-5 + i / 100));
    expect(grid.every((value, i) => i === 0 || value > (grid[i - 1] ?? 1))).toBe(true);
  });
});

describe('the normal quantile', () => {
  it('agrees with R', () => {
    // R 4.2.2: qnorm(c(1e-300, 1e-20, 1e-5, .001, .025, .1, .4, .75, .975, .999))
    expectAllClose(
      [1e-300, 1e-20, 1e-5, 0.001, 0.025, 0.1, 0.4, 0.75, 0.975, 0.999].map(normalQuantile),
      [
        -37.0470962993612, -9.262340089798405, -4.264890793922826, -3.090232306167813,
        -1.9599639845400538, -1.2815515655446008, -0.2533471031357998, 0.6744897501960817,
        1.9599639845400536, 3.090232306167813,
      ],
      1e-13,
    );
  });

  it('undoes the cdf', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) =>
        expectClose(normalCdf(normalQuantile(p)), p, 1e-12),
      ),
    );
  });

  it('is infinite at 0 and 1 and refuses what is no probability', () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    for (const p of [-0.1, 1.1, NaN]) expect(() => normalQuantile(p)).toThrow(RangeError);
  });
});
