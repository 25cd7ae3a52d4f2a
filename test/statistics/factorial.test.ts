import { describe, expect, it } from 'vitest';
import { logChoose, logFactorial } from '../../src/statistics/factorial.js';
import { expectAllClose, expectClose } from './support.js';

describe('the logarithm of a factorial', () => {
  it('agrees with R on both sides of the change to the series', () => {
    // R 4.2.2: lfactorial(c(5, 31, 32, 33, 100, 1000))
    expectAllClose(
      [5, 31, 32, 33, 100, 1000].map(logFactorial),
      [
        4.7874917427820458, 78.092223553315307, 81.557959456115029, 85.05446701758153,
        363.73937555556347, 5912.128178488164,
      ],
      1e-14,
    );
  });

  it('refuses what has no factorial', () => {
    for (const n of [-1, 1.5, NaN]) expect(() => logFactorial(n)).toThrow(RangeError);
  });

  it('counts choices as R does', () => {
    // R 4.2.2: lchoose(c(40, 300), c(7, 150))
    expectClose(logChoose(40, 7), 16.741011336110464, 1e-13);
    expectClose(logChoose(300, 150), 204.865638246220612, 1e-13);
  });
});
