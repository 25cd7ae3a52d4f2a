import { describe, expect, it } from 'vitest';
import { driftOfThirds, lagOneCorrelation, serialCorrelation } from '../../src/statistics/drift.js';
import { createRandom, type Random } from '../../src/statistics/random.js';
import { expectClose, NILE, normalSample, partOfSeeds, repeat, standardNormal } from './support.js';

/** Luteinizing hormone at 10-minute intervals, from R's `datasets::lh`. */
const HORMONE = [
  2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9,
  1.9, 1.8, 2.7, 3, 2.3, 2, 2, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5,
  3.5, 3.1, 2.6, 2.1, 3.4, 3, 2.9,
];

describe('drift between the first and last third', () => {
  it("is found in the Nile's flow, with R's medians and p", () => {
    // R 4.2.2: wilcox.test(Nile[68:100], Nile[1:33], exact = FALSE)$p.value; median(Nile[1:33])
    const drift = driftOfThirds(NILE);
    expect(drift).toMatchObject({ firstMedian: 1100, lastMedian: 848, detected: true });
    expectClose(drift?.relativeChange, (848 - 1100) / 1100);
    expectClose(drift?.p, 5.6177602450617457e-6);
  });

  it('is found as a steady slow-down of 6 % over 40 samples with 1 % noise', () => {
    const found = partOfSeeds(200, (random) => {
      const starts = repeat(40, (i) => 100 + (6 * i) / 39 + standardNormal(random));
      return driftOfThirds(starts)?.detected === true;
    });
    expect(found).toBe(1);
  });

  it('is rarely found where the host is quiet', () => {
    const found = partOfSeeds(2000, (random) => {
      return driftOfThirds(normalSample(random, 40, 100, 5))?.detected === true;
    });
    expect(found).toBeLessThan(0.016);
  });

  it('is not worth a warning below 1 %, however sure', () => {
    const starts = repeat(60, (i) => 100 + i / 100);
    const drift = driftOfThirds(starts);
    expect(drift?.p).toBeLessThan(1e-9);
    expect(drift?.detected).toBe(false);
    const strict = { significance: 0.01, relativeChange: 0.001 };
    expect(driftOfThirds(starts, strict)?.detected).toBe(true);
  });

  it('leaves out the middle', () => {
    const quiet = repeat(15, (i) => 10 + (i % 5) / 10);
    expect(driftOfThirds(quiet.with(7, 1000))).toEqual(driftOfThirds(quiet));
  });

  it('is not judged below 15 samples', () => {
    expect(driftOfThirds(repeat(14, Number))).toBeUndefined();
    expect(driftOfThirds(repeat(15, (i) => i + 1))?.detected).toBe(true);
  });
});

describe('the lag-1 correlation', () => {
  it('agrees with R', () => {
    // R 4.2.2: acf(lh, plot = FALSE)$acf[2]; acf(Nile, plot = FALSE)$acf[2]; qnorm(.975)/sqrt(48)
    const hormone = lagOneCorrelation(HORMONE);
    expectClose(hormone?.correlation, 0.5755244755244755);
    expectClose(hormone?.bound, 1.9599639845400538 / Math.sqrt(48));
    expect(hormone?.detected).toBe(true);
    expectClose(lagOneCorrelation(NILE)?.correlation, 0.49840818413302945);
  });

  it('is negative where fast and slow starts take turns', () => {
    const turns = lagOneCorrelation(repeat(20, (i) => i % 2));
    expectClose(turns?.correlation, -0.95);
    expect(turns?.detected).toBe(true);
  });

  it('stays within its bound for independent samples in 95 of 100 runs', () => {
    const found = partOfSeeds(3000, (random) => {
      return lagOneCorrelation(normalSample(random, 40))?.detected === true;
    });
    expect(found).toBeGreaterThan(0.02);
    expect(found).toBeLessThan(0.06);
  });

  it('is not judged below 10 samples or where all are equal', () => {
    expect(lagOneCorrelation(repeat(9, Number))).toBeUndefined();
    expect(lagOneCorrelation(repeat(10, () => 5))).toBeUndefined();
    expect(lagOneCorrelation(repeat(10, (i) => i * i))).toBeDefined();
  });
});

describe('the lag-1 correlation of ranks', () => {
  it('agrees with R', () => {
    // R 4.2.2: acf(rank(lh), plot = FALSE)$acf[2]; acf(rank(Nile), plot = FALSE)$acf[2]; qnorm(.9995)
    expectClose(serialCorrelation(HORMONE)?.correlation, 0.55158513999346337);
    expectClose(serialCorrelation(NILE)?.correlation, 0.43009836341049168);
    expectClose(serialCorrelation(NILE)?.bound, 3.2905267314919255 / 10);
    expect(serialCorrelation(NILE)?.detected).toBe(true);
  });

  it('is hardly ever found in independent starts, whatever their tail', () => {
    const shapes = [
      (random: Random) => standardNormal(random),
      (random: Random) => Math.exp(0.5 * standardNormal(random)),
      (random: Random) => standardNormal(random) + (random.uniform() < 0.1 ? 50 : 0),
    ];
    for (const draw of shapes) {
      const found = partOfSeeds(2000, (random) => {
        return serialCorrelation(repeat(40, () => draw(random)))?.detected === true;
      });
      expect(found).toBeLessThan(0.003);
    }
  });

  it('is not found where two stray starts follow each other', () => {
    const quiet = normalSample(createRandom(1), 40, 100, 1);
    const strays = quiet.with(20, 400).with(21, 420);
    expect(lagOneCorrelation(strays, 0.99)?.detected).toBe(true);
    expect(serialCorrelation(strays)?.detected).toBe(false);
  });

  it('is found where each start takes over most of the one before', () => {
    const found = partOfSeeds(200, (random) => {
      let before = 0;
      const starts = repeat(80, () => 100 + (before = 0.7 * before + standardNormal(random)));
      return serialCorrelation(starts)?.detected === true;
    });
    expect(found).toBeGreaterThan(0.9);
  });

  it('is not worth a warning below 0.3, however sure', () => {
    const random = createRandom(4);
    let before = 0;
    const starts = repeat(3000, () => 100 + (before = 0.2 * before + standardNormal(random)));
    const { correlation = 0, bound = 1, detected } = serialCorrelation(starts) ?? {};
    expect(correlation).toBeGreaterThan(bound);
    expect(detected).toBe(false);
  });
});
