/**
 * When the VMs of one step are asked for: fixed before the step begins, whatever becomes of those that
 * came before. Were the next one asked for when one before it is done, a slow start would hold back its
 * successors, and what they would have waited would be in no figure.
 */
import { samplesForPercentile } from '../statistics/describe.js';
import { createRandom } from '../statistics/random.js';
import type { Cell } from './cell.js';

type Step = Pick<Cell, 'rate' | 'load'>;

/** One more than a p95 needs. */
const fewest = samplesForPercentile(0.95) + 1;

export function startsInStep({ rate, load }: Step): number {
  return Math.max(fewest, Math.round((rate * load.timeMs) / 1000));
}

/** How long a step asks for VMs, in ms: so long that their number is exactly the rate's. */
export function stepMs(step: Step): number {
  return (startsInStep(step) / step.rate) * 1000;
}

/**
 * Ascending, in ms from the beginning of the step. A Poisson process of which the number of arrivals
 * is known is that many independent uniform instants.
 *
 * @param seed all cells with as many starts in a step get the same arrivals in a round, stretched
 */
export function arrivals(step: Step, seed: number, round: number): readonly number[] {
  const whole = stepMs(step);
  const random = createRandom(seed * 2 ** 20 + round);
  const places = Array.from({ length: startsInStep(step) }, (_, index) =>
    step.load.arrivals === 'even' ? index / startsInStep(step) : random.uniform(),
  );
  return places.sort((a, b) => a - b).map((place) => Number((place * whole).toFixed(3)));
}
