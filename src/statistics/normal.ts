/** The standard normal distribution, to about 1e-15 relative in both tails. */

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Further out the series cancels for a negative x; nearer in the fraction converges slowly. */
const SERIES_REACHES = 2;

function density(x: number): number {
  return Math.exp(-0.5 * x * x - LOG_SQRT_TWO_PI);
}

/**
 * P(Z <= x). The power series of Marsaglia ("Evaluating the Normal Distribution", Journal of
 * Statistical Software 11:4, 2004, equation 1) near the middle, Laplace's continued fraction for
 * the tails (Abramowitz & Stegun 26.2.14), where the series would cancel.
 */
export function normalCdf(x: number): number {
  if (Math.abs(x) < SERIES_REACHES) return 0.5 + density(x) * centralSeries(x);
  return x > 0 ? 1 - upperTail(x) : upperTail(-x);
}

/** P(Z > x), kept accurate where `1 - normalCdf(x)` would round to 0. */
export function normalSurvival(x: number): number {
  return normalCdf(-x);
}

/** x + x^3/3 + x^5/(3*5) + ..., until a term no longer changes the sum. */
function centralSeries(x: number): number {
  let term = x;
  let sum = x;
  let before: number;
  let odd = 3;
  do {
    before = sum;
    term *= (x * x) / odd;
    sum += term;
    odd += 2;
  } while (sum !== before);
  return sum;
}

/** density(x) / (x + 1/(x + 2/(x + 3/(x + ...)))), evaluated from the far end. */
function upperTail(x: number): number {
  const depth = 200;
  let fraction = x;
  for (let k = depth; k > 0; k -= 1) fraction = x + k / fraction;
  return density(x) / fraction;
}

/**
 * The x with P(Z <= x) = probability. Starts from Abramowitz & Stegun 26.2.23 (good to 4.5e-4) and
 * polishes by Halley's method, whose error is cubed each time, so three steps are more than enough.
 * Returns -Infinity and Infinity at 0 and 1; throws RangeError outside [0, 1].
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`a probability must be from 0 to 1, got ${probability}`);
  }
  if (probability === 0 || probability === 1) return probability === 0 ? -Infinity : Infinity;
  return probability <= 0.5 ? lowerQuantile(probability) : -lowerQuantile(1 - probability);
}

function lowerQuantile(probability: number): number {
  let x = roughLowerQuantile(probability);
  for (let step = 0; step < 3; step += 1) {
    const newton = (normalCdf(x) - probability) / density(x);
    x -= newton / (1 + (x * newton) / 2);
  }
  return x;
}

function roughLowerQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328);
  const denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return numerator / denominator - t;
}
