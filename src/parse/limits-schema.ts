/**
 * The one declaration of what a limits file may say. The reader checks against it, and the JSON
 * Schema for editors is generated from it (limits/limits.schema.json).
 */
import { z } from 'zod';

import { hostFactKeys } from '../host/fact-table.js';
import { metrics } from '../metrics.js';
import { tierNames } from '../tiers.js';
import { parseKiB, parseMs, parsePart } from './units.js';

const amountForm = 'a duration such as 1ms, or for memory a size such as 512K';
const amountPattern = String.raw`^\d+(\.\d+)?\s*(ms|s|m|h|[KMG](i?B)?)$`;

/** An amount of a metric, kept as written: only with the metric is it known what it must be. */
const amount = z
  .string(amountForm)
  .refine((text) => (parseMs(text) ?? parseKiB(text)) !== undefined, amountForm)
  .meta({ pattern: amountPattern });

const partForm = 'a part such as 5% or 0.05';

/** From 0 to 1, or in percent. */
const part = z.union(
  [
    z.number().min(0, partForm).max(1, partForm),
    z
      .string()
      .meta({ pattern: String.raw`^\d+(\.\d+)?\s*%$` })
      .transform((text, context) => {
        const value = parsePart(text);
        if (value !== undefined && value <= 1) return value;
        context.issues.push({ code: 'custom', message: partForm, input: text });
        return z.NEVER;
      }),
  ],
  partForm,
);

const metricName = z.enum(metrics.map(({ name }) => name));

const regression = z.strictObject({
  relative: part.describe("the least shift that counts, as a part of the baseline's p50"),
  absolute: amount.describe('and in ms, or KiB for memory; a shift must be above both'),
});

const ceiling = z.strictObject({
  p50: amount.optional(),
  p90: amount.optional().describe('needs 36 samples for its interval'),
  p99: amount.optional().describe('needs 368 samples for its interval'),
});

const ratio = z.strictObject({
  to: z.enum(tierNames).describe('another tier of the same machine, in the same run'),
  most: z.number().gt(0).describe("the most that this cell's p50 may be of the other's"),
});

const limit = z.strictObject({
  cells: z
    .string('a pattern of cell ids')
    .min(1)
    .default('*')
    .describe('pattern of cell ids: * is any text, ? one character, {a,b} either'),
  metric: z
    .union([metricName, z.array(metricName).min(1)])
    .default('ready')
    .describe('what is limited; one or a list'),
  regression: regression.optional().describe('how much slower than the baseline is a regression'),
  ceiling: ceiling.optional().describe('the most that a percentile of the candidate may be'),
  ratio: ratio.optional().describe('the most that the candidate may be of another tier'),
  failureRate: part.optional().describe('the most starts of the candidate that may fail'),
});

const refuseOrWarn = z.enum(['refuse', 'warn']);

const hostFacts = z.strictObject(
  Object.fromEntries(
    [...hostFactKeys, 'kvmSpeed' as const].map((key) => [
      key,
      z.enum(['refuse', 'warn', 'ignore']).optional(),
    ]),
  ),
);

export const limitsSchema = z.strictObject({
  description: z.string().optional(),
  alpha: z
    .number()
    .min(0.0001)
    .max(0.2)
    .default(0.05)
    .describe('the chance of a false alarm over all cells and metrics; intervals are of 1 - alpha'),
  minimumSamples: z
    .int()
    .min(6)
    .max(100_000)
    .default(20)
    .describe('successful starts of a cell, on each side, below which it is not judged'),
  extraRounds: z
    .int()
    .min(0)
    .max(10_000)
    .default(40)
    .describe('the most starts of each cell that are added before a suspicion is believed'),
  hostDifference: refuseOrWarn
    .default('refuse')
    .describe('what to do where the two hosts differ in a fact that decides the figures'),
  hostFacts: hostFacts.prefault({}).describe('the same for a single fact, whatever its weight'),
  missingCells: refuseOrWarn.default('refuse').describe('cells that only the baseline has'),
  newCells: refuseOrWarn.default('refuse').describe('cells that only the candidate has'),
  skippedCells: refuseOrWarn
    .default('refuse')
    .describe('cells that are limited and that this host cannot start'),
  limits: z
    .array(limit)
    .min(1)
    .describe('of several entries that limit the same of a cell, the last one counts'),
});

export type LimitsFile = z.output<typeof limitsSchema>;
