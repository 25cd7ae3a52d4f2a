/** Everything that is tested in one comparison, so that Holm's correction is over all of it. */
import { holmAdjusted } from '../statistics/holm.js';

export class Family {
  readonly #entered: { readonly p: number; readonly counts: boolean }[] = [];
  #adjusted: readonly number[] | undefined;

  constructor(readonly alpha: number) {}

  /**
   * @param leastP the smallest p that the test could have given. One that cannot reach alpha at all
   *   is left out of the correction (Tarone, Biometrics 46:2, 1990)
   * @returns what gives the adjusted p once all have entered
   */
  enter(p: number, leastP = 0): () => number {
    const place = this.#entered.length;
    this.#entered.push({ p, counts: leastP <= this.alpha });
    return () => this.#adjustedAt(place);
  }

  /** How many tests the correction is over. */
  get size(): number {
    return this.#entered.filter(({ counts }) => counts).length;
  }

  #adjustedAt(place: number): number {
    this.#adjusted ??= this.#adjust();
    return this.#adjusted[place] ?? 1;
  }

  #adjust(): readonly number[] {
    const left = this.#entered.map(({ counts }, place) => ({ counts, place }));
    const counted = left.filter(({ counts }) => counts).map(({ place }) => place);
    const adjusted = holmAdjusted(counted.map((place) => this.#entered[place]?.p ?? 1));
    return this.#entered.map((_, place) => adjusted[counted.indexOf(place)] ?? 1);
  }
}
