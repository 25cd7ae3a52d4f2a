import { describe, expect, it } from 'vitest';
import { turnsOfDensity } from '../../src/statistics/kernel-density.js';
import { detectModes } from '../../src/statistics/modes.js';
import { createRandom, type Random } from '../../src/statistics/random.js';
import { criticalBandwidth, silvermanP } from '../../src/statistics/silverman.js';
import { expectClose, normalSample, partOfSeeds, repeat, standardNormal } from './support.js';

/** Firecracker's two kinds of boot, 99 and 117 ms, each with a standard deviation of 2 ms. */
function twoKinds(random: Random, n: number, shareOfFast: number): number[] {
  const starts = repeat(n, (i) => (i < shareOfFast * n ? 99 : 117) + 2 * standardNormal(random));
  return random.shuffle(starts);
}

/** Percentage of silica in 22 chondrite meteorites, Good & Gaskins (JASA 75, 1980). */
const CHONDRITES = Float64Array.of(
  20.77,
  22.56,
  22.71,
  22.99,
  26.39,
  27.08,
  27.32,
  27.33,
  27.57,
  27.81,
  28.69,
  29.36,
  30.25,
  31.89,
  32.88,
  33.23,
  33.28,
  33.4,
  33.52,
  33.83,
  33.95,
  34.82,
);

const found = (values: number[]) => detectModes(values).detected;

const detectedIn = (seeds: number, draw: (random: Random) => number[]) =>
  partOfSeeds(seeds, (random) => detectModes(draw(random), { resamples: 200 }).detected);

describe('the critical bandwidth', () => {
  it('is half the distance of two equal points, where their sum changes shape', () => {
    // Two equal normal densities a distance d apart have one mode exactly where sd >= d / 2.
    expectClose(criticalBandwidth(Float64Array.of(10, 16)), 3, 0.003);
  });

  it("is NumPy's for the chondrites' silica", () => {
    // NumPy 1.24: bisecting for the least h at which
    //   numpy.exp(-.5 * ((grid[:, None] - x) / h) ** 2).sum(1)
    // has one local maximum on linspace(min, max, 512) gives 2.39873.
    expectClose(criticalBandwidth(CHONDRITES), 2.39873, 0.003);
  });

  it('divides several modes from one', () => {
    const sorted = Float64Array.from(normalSample(createRandom(1), 40)).sort();
    const bandwidth = criticalBandwidth(sorted);
    expect(turnsOfDensity(sorted, bandwidth).modes).toBe(1);
    expect(turnsOfDensity(sorted, 0.98 * bandwidth).modes).toBe(2);
  });
});

describe("Silverman's p", () => {
  it('agrees with an independent computation, smoothing and shrinking included', () => {
    // NumPy 1.24, 4000 resamples: 0.173; without the smoothing noise it would be 0.136.
    const p = silvermanP(CHONDRITES, 2.39873, { random: createRandom(1), resamples: 4000 });
    expect(Math.abs(p - 0.173)).toBeLessThan(0.02);
  });

  it('is never 0', () => {
    const apart = Float64Array.from(twoKinds(createRandom(1), 40, 0.5)).sort();
    const resampling = { random: createRandom(1), resamples: 9 };
    expect(silvermanP(apart, criticalBandwidth(apart), resampling)).toBe(0.1);
  });
});

describe('the modes of a density', () => {
  it('are counted with the valley between the first two', () => {
    const { modes, valley } = turnsOfDensity(Float64Array.of(0, 1, 10, 11, 30, 31), 1);
    expect(modes).toBe(3);
    expectClose(valley, 5.5, 0.02);
  });
});

describe('two modes', () => {
  it.each([0.5, 0.8])('at 99 and 117 ms are caught with %s of 40 samples in the first', (share) => {
    expect(detectedIn(100, (random) => twoKinds(random, 40, share))).toBeGreaterThanOrEqual(0.98);
  });

  it('are caught where one sample in five is slow by chance, not by count', () => {
    const caught = detectedIn(100, (random) =>
      repeat(40, () => (random.uniform() < 0.8 ? 99 : 117) + 2 * standardNormal(random)),
    );
    expect(caught).toBeGreaterThanOrEqual(0.95);
  });

  it('are described by their medians and shares', () => {
    const { groups, p } = detectModes(twoKinds(createRandom(1), 40, 0.8));
    expect(p).toBeLessThan(0.05);
    expect(groups.map(({ share }) => share)).toEqual([0.8, 0.2]);
    expect(groups.map((group) => Math.round(group.median / 3))).toEqual([33, 39]);
  });

  it('are not hidden by a few stray samples, which belong to neither', () => {
    const starts = [...twoKinds(createRandom(1), 37, 0.5), 250, 300, 40];
    const { detected, groups } = detectModes(starts);
    expect(detected).toBe(true);
    expect(groups.map(({ share }) => share)).toEqual([19 / 40, 18 / 40]);
  });

  it('are found or not alike for the same seed and in any unit', () => {
    const starts = twoKinds(createRandom(2), 40, 0.8);
    expect(detectModes(starts)).toEqual(detectModes([...starts].reverse()));
    expect(found(starts.map((value) => value / 1024))).toBe(true);
  });

  it('are found where each is a single value', () => {
    expect(found(repeat(40, (i) => (i % 2 === 0 ? 10 : 12)))).toBe(true);
  });
});

describe('one mode', () => {
  const shapes: [string, (random: Random) => number][] = [
    ['a right-skewed lognormal', (random) => 80 + 20 * Math.exp(0.4 * standardNormal(random))],
    ['a heavily skewed lognormal', (random) => Math.exp(standardNormal(random))],
    ['a normal', standardNormal],
    ['an exponential', ({ uniform }) => -Math.log(1 - uniform())],
    [
      "a heavy-tailed Student's t with 2 degrees of freedom",
      (random) => standardNormal(random) / Math.sqrt(-Math.log(1 - random.uniform())),
    ],
  ];

  it.each(shapes)('is called two in at most 5 of 100 for %s', (_, draw) => {
    const wrong = detectedIn(200, (random) => repeat(40, () => draw(random)));
    expect(wrong).toBeLessThanOrEqual(0.05);
  });

  it('is called two in at most 1 of 5 for a uniform, the hardest case there is', () => {
    expect(detectedIn(200, ({ uniform }) => repeat(40, uniform))).toBeLessThanOrEqual(0.2);
  });

  it('stays one with a few slow strays', () => {
    const random = createRandom(1);
    expect(found([...normalSample(random, 37, 100, 2), 150, 151, 152])).toBe(false);
  });

  it('is all that is claimed of equal samples and of fewer than ten', () => {
    expect(detectModes(repeat(20, () => 5))).toEqual({
      detected: false,
      p: undefined,
      groups: [],
    });
    expect(found([1, 1.1, 1.2, 1, 9, 9.1, 9.2, 9, 9])).toBe(false);
    expect(() => detectModes([])).toThrow('no samples');
  });
});
