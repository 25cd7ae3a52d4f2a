/** Logarithms of factorials and binomial coefficients, to about 1e-15 relative. */

const STIRLING_FROM = 32;

const logOfSmallFactorials = smallTable();

function smallTable(): readonly number[] {
  const logs = [0];
  let factorial = 1;
  for (let n = 1; n < STIRLING_FROM; n += 1) {
    factorial *= n;
    logs.push(Math.log(factorial));
  }
  return logs;
}

/**
 * ln(n!) for an integer n >= 0; throws RangeError otherwise. Stirling's series (NIST DLMF 5.11.1)
 * with three terms: the next one, 1/(1680 n^7), is lost in rounding from 32 up.
 */
export function logFactorial(n: number): number {
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(`a factorial needs an integer from 0, got ${n}`);
  }
  const small = logOfSmallFactorials[n];
  if (small !== undefined) return small;
  const inverse = 1 / n;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square / 1260));
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}

/** ln of the number of ways to choose `chosen` of n. */
export function logChoose(n: number, chosen: number): number {
  return logFactorial(n) - logFactorial(chosen) - logFactorial(n - chosen);
}
