/** A figure against a fixed limit, by one rule for ceilings, ratios and failure rates. */
import type { GateCase, Measured } from './verdict.js';

/**
 * At or below the limit a figure passes. It is a regression only where even the lower end of its
 * interval is above the limit; between the two the samples do not decide.
 */
export function against(measured: Measured): Pick<GateCase, 'outcome' | 'because' | 'measured'> {
  const { value, lower, most } = measured;
  if (value <= most) return { outcome: 'passed', because: 'within the limit', measured };
  return lower > most
    ? { outcome: 'regressed', because: 'above the limit, with all of its interval', measured }
    : { outcome: 'inconclusive', because: 'above the limit, but its interval is not', measured };
}
