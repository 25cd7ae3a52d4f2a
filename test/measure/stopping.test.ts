import { describe, expect, it } from 'vitest';

import { measure, type RoundResult, type SampleSink } from '../../src/measure/measure.js';
import { isKnown, ruleText, Stopping } from '../../src/measure/stopping.js';
import type { Plan } from '../../src/plan/cell.js';
import { plan } from '../../src/plan/plan.js';
import { createRandom } from '../../src/statistics/random.js';
import { guests, hostWith, scenarioOf } from '../plan/planning.js';

const entries = ['guest: tiny, tier: [cold, restore], memory: 32M'];
const [cold, restore] = ['cold/tiny/kvm/32M', 'restore/tiny/kvm/32M'];

function planUntil(until: string, name = 'x'): Plan {
  const head = `name: ${name}\nuntil: ${until}\nwarmup: 1`;
  return plan([scenarioOf(entries, head)], guests, hostWith(), {});
}

/** Runs a plan whose starts of each cell take these times; undefined is a failed start. */
async function run(
  made: Plan,
  readyMs: (cell: string, nth: number) => number | undefined,
  msPerStart = 1,
) {
  let atNs = 0n;
  const stopping = new Stopping(made.cells, () => atNs);
  const started: string[] = [];
  const counts = new Map<string, number>();
  const start = ({ id }: { id: string }): Promise<RoundResult> => {
    atNs += BigInt(msPerStart * 1e6);
    const nth = counts.get(id) ?? 0;
    counts.set(id, nth + 1);
    const ready = readyMs(id, nth);
    const rest = { usage: {}, stages: {}, insideMarks: {}, guestId: '' } as const;
    return Promise.resolve({
      outcomes: [
        ready === undefined
          ? { state: 'failed', failure: 'x', marks: {}, evidence: '' }
          : { state: 'ok', marks: { ready }, ...rest },
      ],
    });
  };
  const sink: SampleSink = {
    take: (samples) => {
      for (const { phase, cell, round } of samples) started.push(`${phase} ${round} ${cell}`);
    },
  };
  await measure(made, start, sink, new AbortController().signal, stopping);
  const measured = started.filter((text) => text.startsWith('measure'));
  return { started, measured, stops: stopping.stops() };
}

describe('sampling until the medians are known', () => {
  it('ends as soon as every cell is known, and not before the least', async () => {
    const { measured, stops } = await run(planUntil('{ min: 8, max: 50 }'), () => 20);
    expect(measured).toHaveLength(2 * 8);
    expect(stops).toMatchObject([{ scenario: 'x', because: 'converged', rounds: 8, open: [] }]);
  });

  it('goes on with all cells until the last of them is known', async () => {
    // Every other start of one cell takes 50 ms for the first 20 rounds, and then all take 20.
    const wide = (cell: string, nth: number) => (cell === cold && nth < 20 && nth % 2 ? 50 : 20);
    const { measured, stops } = await run(planUntil('{ min: 8, max: 100 }'), wide);
    const of = (cell: string) => measured.filter((text) => text.endsWith(` ${cell}`)).length;
    expect(of(cold)).toBe(of(restore));
    expect(of(cold)).toBeGreaterThan(20);
    expect(of(cold)).toBeLessThan(100);
    expect(stops[0]?.because).toBe('converged');
  });

  it('makes the starts of the plan, in its order, and leaves out only its end', async () => {
    const made = planUntil('{ min: 8, max: 50 }');
    const { started } = await run(made, () => 20);
    const planned = made.starts.map(({ phase, round, cell }) => `${phase} ${round} ${cell}`);
    expect(started).toEqual(planned.slice(0, started.length));
  });

  it('ends with the most rounds, and names the cells that are not known', async () => {
    const random = createRandom(1);
    const noisy = (cell: string) => (cell === cold ? 10 + 40 * random.uniform() : 20);
    const { measured, stops } = await run(planUntil('{ min: 8, max: 12 }'), noisy);
    expect(measured).toHaveLength(2 * 12);
    expect(stops).toMatchObject([{ because: 'max', rounds: 12, open: [cold] }]);
  });

  it('begins no round when the time is up, and finishes the one under way', async () => {
    const random = createRandom(1);
    const noisy = () => 10 + 40 * random.uniform();
    // 2 starts of 500 ms a round; 3.2 s are over in the fourth.
    const { measured, stops } = await run(planUntil('{ time: 3200ms }'), noisy, 500);
    expect(measured).toHaveLength(2 * 4);
    expect(stops).toMatchObject([{ because: 'time', rounds: 4, open: [cold, restore] }]);
  });

  it('counts the starts that succeeded, not those that failed', async () => {
    const half = (_cell: string, nth: number) => (nth % 2 === 0 ? undefined : 20);
    const { stops } = await run(planUntil('{ min: 8, max: 50 }'), half);
    expect(stops).toMatchObject([{ because: 'converged', rounds: 15 }]);
  });

  it('looks at no warm-up', async () => {
    const slowFirst = (_cell: string, nth: number) => (nth === 0 ? 900 : 20);
    const { stops } = await run(planUntil('{ min: 6, max: 50 }'), slowFirst);
    expect(stops[0]?.rounds).toBe(6);
  });

  it('ends each scenario by itself, and no fixed one early', async () => {
    const heads = ['name: a\nuntil: { min: 8, max: 50 }', 'name: b\nruns: 12'];
    const scenarios = heads.map((head) => scenarioOf(entries, `${head}\nwarmup: 0`));
    const { measured } = await run(plan(scenarios, guests, hostWith(), {}), () => 20);
    const of = (name: string) => measured.filter((text) => text.endsWith(`/${name}`)).length;
    expect([of('a'), of('b')]).toEqual([2 * 8, 2 * 12]);
  });
});

describe('a continued run', () => {
  it('stops where the run that was not interrupted stops', async () => {
    const made = planUntil('{ min: 8, max: 50 }');
    const stopping = new Stopping(made.cells);
    const whole = await run(made, () => 20);
    const half = made.starts.slice(0, 9);
    for (const start of half) stopping.sawBefore({ ...start, readyMs: 20 }, 1);
    const rest: unknown[] = [];
    for (const start of made.starts.slice(9)) {
      if (!stopping.wants(start)) continue;
      rest.push(start);
      stopping.saw({ ...start, readyMs: 20 });
    }
    expect(half.length + rest.length).toBe(whole.started.length);
  });

  it('has the time that the first part left', () => {
    const made = planUntil('{ time: 1s }');
    const stopping = new Stopping(made.cells, () => 0n);
    const first = made.starts.filter(({ phase, round }) => phase === 'measure' && round === 1);
    for (const start of first) stopping.sawBefore({ ...start, readyMs: 20 }, 500);
    const next = made.starts.find(({ phase, round }) => phase === 'measure' && round === 2);
    expect(next && stopping.wants(next)).toBe(false);
  });
});

describe('a median is known', () => {
  it('when both ends of its interval are within the part of it', () => {
    // At n = 6 the interval is from the least to the greatest.
    expect(isKnown([97, 100, 100, 100, 100, 103], 0.03)).toBe(true);
    expect(isKnown([96.9, 100, 100, 100, 100, 103], 0.03)).toBe(false);
    expect(isKnown([97, 100, 100, 100, 100, 103.1], 0.03)).toBe(false);
  });

  it('never from fewer samples than an interval takes', () => {
    expect(isKnown([], 1)).toBe(false);
    expect(isKnown([20, 20, 20, 20, 20], 1)).toBe(false);
  });
});

describe('the rule', () => {
  it('is stated with its limits', () => {
    const until = { kind: 'until', relativeCi: 0.03, min: 20, max: 200, timeMs: 300_000 } as const;
    expect(ruleText(until)).toBe(
      'whole rounds of all cells until each has at least 20 samples and the 95 % interval of its median ready is within ±3 % of that median, for at most 200 rounds or 300 s',
    );
  });
});
