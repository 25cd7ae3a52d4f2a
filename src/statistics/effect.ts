/** How large a difference is, apart from how sure it is. */
import { countPairs } from './ranks.js';

export type EffectWord = 'negligible' | 'small' | 'medium' | 'large';

export interface CliffsDelta {
  /** From -1 (every candidate below every baseline) to 1 (every one above). */
  readonly delta: number;
  readonly word: EffectWord;
}

/** Upper limits of |delta| for each word, from Romano, Kromrey, Coraggio & Skowronek (2006). */
const WORD_LIMITS: readonly (readonly [EffectWord, number])[] = [
  ['negligible', 0.147],
  ['small', 0.33],
  ['medium', 0.474],
];

/**
 * Cliff's delta (Psychological Bulletin 114:3, 1993): P(candidate > baseline) less
 * P(candidate < baseline). Throws RangeError if either sample is empty.
 */
export function cliffsDelta(
  baseline: readonly number[],
  candidate: readonly number[],
): CliffsDelta {
  const { u, pairs } = countPairs(baseline, candidate);
  const delta = (2 * u) / pairs - 1;
  return { delta, word: effectWord(delta) };
}

export function effectWord(delta: number): EffectWord {
  const size = Math.abs(delta);
  return WORD_LIMITS.find(([, limit]) => size < limit)?.[0] ?? 'large';
}
