/**
 * How often the gate is wrong: one long run, told into base and candidate by coin many times over, and
 * judged as the gate would have, round by round. The code is the same on both sides, so whatever is
 * not `passed` is a false alarm or a question that was not answered; with something planted into the
 * candidate, whatever is not `regressed` was missed. Pure.
 */
import type { Side } from '../compare/comparison.js';
import { UsageError } from '../errors.js';
import type { Limits } from '../parse/limits.js';
import type { SampleRecord } from '../results/columns.js';
import { createRandom, type Random } from '../statistics/random.js';
import { floorMsOf, type Planted } from './planted.js';
import { roundsAtOnce } from './rounds.js';
import { isSuspicious, type Verdict } from './verdict.js';

export interface Trial {
  readonly verdict: Verdict;
  /** Of each side, those added on suspicion included. */
  readonly rounds: number;
}

export interface TrialOptions {
  readonly limits: Limits;
  /** Rounds before the first look. */
  readonly runs: number;
  readonly judge: (base: Side, candidate: Side) => Verdict;
}

/** Two neighbouring rounds: one is to be the baseline's, the other the candidate's. */
type Pair = readonly [readonly SampleRecord[], readonly SampleRecord[]];

/**
 * Of each pair of neighbouring rounds a coin makes one the baseline's, so that the host's drift is on
 * both sides alike, as where two sides start by turns. Each seed begins at another pair.
 *
 * @param planted what is done to the starts of one of the cells, which changes with the seed
 * @throws UsageError where the run has not twice the rounds that the gate may need
 */
export function trial(
  whole: Side,
  seed: number,
  planted: Planted | undefined,
  { limits, runs, judge }: TrialOptions,
): Trial {
  const pairs = pairsOf(whole);
  const most = runs + limits.extraRounds;
  refuseShort(whole, pairs.length, most);
  const random = createRandom(seed);
  const begin = random.below(pairs.length);
  const plant = planter(whole, limits, seed, planted);
  const dealt = Array.from({ length: most }, (_, index) => {
    const [one, other] = pairs[(begin + index) % pairs.length] ?? [[], []];
    const [base, candidate] = random.uniform() < 0.5 ? [one, other] : [other, one];
    return { base, candidate: candidate.map((sample) => plant(sample, random)) };
  });
  const look = (rounds: number) => {
    const samples = (of: 'base' | 'candidate') => dealt.slice(0, rounds).flatMap((one) => one[of]);
    return judge(
      { ...whole, name: 'base', samples: samples('base') },
      { ...whole, name: 'candidate', samples: samples('candidate') },
    );
  };
  let rounds = runs;
  let verdict = look(rounds);
  while (rounds < most && isSuspicious(verdict)) {
    rounds = Math.min(most, rounds + roundsAtOnce);
    verdict = look(rounds);
  }
  return { verdict, rounds };
}

function pairsOf({ samples }: Side): readonly Pair[] {
  const rounds = new Map<string, SampleRecord[]>();
  for (const sample of samples) {
    if (sample['phase'] !== 'measure') continue;
    const round = sample['round'] ?? '';
    rounds.set(round, [...(rounds.get(round) ?? []), sample]);
  }
  const all = [...rounds.values()];
  return Array.from({ length: Math.floor(all.length / 2) }, (_, index) => [
    all[2 * index] ?? [],
    all[2 * index + 1] ?? [],
  ]);
}

function refuseShort({ name }: Side, pairs: number, most: number): void {
  if (pairs >= most) return;
  throw new UsageError(
    `--trials: ${name} has ${2 * pairs} rounds, and both sides of a gate may need ${2 * most}; measure it with --runs ${2 * most}`,
  );
}

function planter(
  whole: Side,
  limits: Limits,
  seed: number,
  planted: Planted | undefined,
): (sample: SampleRecord, random: Random) => SampleRecord {
  const id = whole.cells[seed % whole.cells.length]?.id;
  if (planted === undefined || id === undefined) return (sample) => sample;
  const floorMs = floorMsOf(whole, limits, id);
  return (sample, random) =>
    sample['cell'] === id ? planted.plant(sample, floorMs, random) : sample;
}
