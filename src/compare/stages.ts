/** Where in the start a difference arises. */
import { markNames, marks, type MarkName } from '../marks.js';
import { stageNames, cloneStages } from '../stages.js';
import { mean, median } from '../statistics/describe.js';
import { hodgesLehmannShift } from '../statistics/hodges-lehmann.js';
import type { SampleRecord } from '../results/columns.js';
import type { CellComparison, StageShift } from './comparison.js';

/** Starts that succeeded. */
export interface Starts {
  readonly base: readonly SampleRecord[];
  readonly candidate: readonly SampleRecord[];
}

/** From mark to mark up to `work`, then the stages inside a clone. None where a side has no starts. */
export function compareStages(starts: Starts): readonly StageShift[] {
  if (starts.base.length === 0 || starts.candidate.length === 0) return [];
  return [...markSteps(starts), ...cloneSteps(starts)];
}

function markSteps(starts: Starts): readonly StageShift[] {
  const all = [...starts.base, ...starts.candidate];
  // A mark that only some starts delivered has no place between two others.
  const found = markNames
    .filter((name) => name !== 'exit' && all.every((row) => row[marks[name].column]))
    .map((name) => ({ name, at: median(all.map((row) => Number(row[marks[name].column]))) }))
    .sort((a, b) => a.at - b.at);
  return found.map(({ name }, index) => {
    const before = found[index - 1]?.name;
    const step = (row: SampleRecord) => atOf(row, name) - (before ? atOf(row, before) : 0);
    return stageShift(`${before ?? 'start'} to ${name}`, 'marks', starts, step);
  });
}

function atOf(row: SampleRecord, name: MarkName): number {
  return Number(row[marks[name].column]);
}

function cloneSteps(starts: Starts): readonly StageShift[] {
  return stageNames.flatMap((name) => {
    const { column } = cloneStages[name];
    const every = [...starts.base, ...starts.candidate].every((row) => row[column]);
    return every ? [stageShift(name, 'clone', starts, (row) => Number(row[column]))] : [];
  });
}

function stageShift(
  stage: StageShift['stage'],
  kind: StageShift['kind'],
  starts: Starts,
  step: (row: SampleRecord) => number,
): StageShift {
  const base = starts.base.map(step);
  const candidate = starts.candidate.map(step);
  return {
    stage,
    kind,
    baseMs: median(base),
    candidateMs: median(candidate),
    shift: hodgesLehmannShift(base, candidate),
    meanMs: mean(candidate) - mean(base),
  };
}

/** The stage of a kind that a difference mostly comes from. */
export interface Dominant {
  readonly stage: StageShift['stage'];
  readonly ms: number;
  /** Of the whole difference; above 1 where other stages became faster meanwhile. */
  readonly part: number;
}

/** At least half of a difference is called "mostly". */
const mostly = 0.5;

/**
 * By the means, which add up over the stages and which a few slow starts move too.
 *
 * @returns undefined where no stage has half of it
 */
export function dominantStage(
  { stages }: Pick<CellComparison, 'stages'>,
  kind: StageShift['kind'],
): Dominant | undefined {
  const own = stages.filter((stage) => stage.kind === kind);
  const totalMs = stages
    .filter((stage) => stage.kind === 'marks')
    .reduce((sum, { meanMs }) => sum + meanMs, 0);
  if (totalMs === 0) return undefined;
  const [most] = [...own].sort((a, b) => (b.meanMs - a.meanMs) * Math.sign(totalMs));
  if (most === undefined || most.meanMs / totalMs < mostly) return undefined;
  return { stage: most.stage, ms: most.meanMs, part: most.meanMs / totalMs };
}
