/** Checks of arguments that several statistics take. */

/** Throws RangeError unless the value is strictly between 0 and 1. */
export function requireConfidence(confidence: number): void {
  requireOpenUnit('confidence', confidence);
}

/** Throws RangeError unless the value is strictly between 0 and 1. */
export function requireFraction(fraction: number): void {
  requireOpenUnit('a fraction', fraction);
}

function requireOpenUnit(what: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new RangeError(`${what} must be above 0 and below 1 (such as 0.95), got ${value}`);
  }
}
