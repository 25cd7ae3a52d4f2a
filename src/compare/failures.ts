/** Starts that failed. They have no duration, so a build that fails more often may look faster. */
import { effectiveCount } from '../statistics/design-effect.js';
import { fisherExact, fisherLeastP, type Count } from '../statistics/fisher.js';
import { rateDifference } from '../statistics/rate-difference.js';
import type { FailureComparison, Judgement } from './comparison.js';
import type { Family } from './family.js';
import { pText, percent } from './words.js';

/** With a failure more than before, one in ten must be ruled out. */
const ruledOut = 0.1;
/** 95 % one-sided. */
const confidence = 0.9;

/**
 * @param effect by how much less their failures tell than those of independent starts; 1 for such
 * @returns what judges the failures once all tests have entered the family
 */
export function compareFailures(
  base: Count,
  candidate: Count,
  effect: number,
  family: Family,
): () => FailureComparison {
  const worth = [effectiveCount(base, effect), effectiveCount(candidate, effect)] as const;
  const p = fisherExact(...worth);
  const adjusted = family.enter(p, fisherLeastP(...worth));
  const measured = base.of > 0 && candidate.of > 0;
  const extra = measured ? rateDifference(...worth, confidence) : undefined;
  return () => {
    const failures = { base, candidate, extra, p, pAdjusted: adjusted() };
    return { ...failures, ...judge(failures, family.alpha) };
  };
}

/** No floor: a failure is no noise. What is not significant and not ruled out is inconclusive. */
function judge(
  { base, candidate, extra, pAdjusted }: Omit<FailureComparison, keyof Judgement>,
  alpha: number,
): Judgement {
  const seen = `${counted(candidate)} starts failed, before ${counted(base)}`;
  if (extra === undefined) {
    return { verdict: 'inconclusive', because: 'a side has no starts', mayBeWorse: true };
  }
  if (pAdjusted <= alpha) {
    const verdict = extra.estimate > 0 ? 'regressed' : 'improved';
    return { verdict, because: `${seen} (${pText(pAdjusted)})`, mayBeWorse: extra.estimate > 0 };
  }
  if (extra.estimate > 0 && extra.upper >= ruledOut) {
    const because = `${seen}, which may be chance (${pText(pAdjusted)}): ${percent(extra.upper)} more failures are not ruled out`;
    return { verdict: 'inconclusive', because, mayBeWorse: true };
  }
  return { verdict: 'within noise', because: seen, mayBeWorse: false };
}

function counted({ events, of }: Count): string {
  return `${events} of ${of}`;
}
