/** A limits file, checked: one limit for each thing that an entry limits, every value in its unit. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { messageOf, UsageError } from '../errors.js';
import { metrics, type Metric } from '../metrics.js';
import type { TierName } from '../tiers.js';
import { CheckedDocument } from './document.js';
import { limitsSchema, type LimitsFile } from './limits-schema.js';
import { show } from './message.js';
import { parseKiB, parseMs } from './units.js';

/** What is limited of the cells that match. */
export type LimitCheck =
  | {
      readonly kind: 'regression';
      readonly metric: Metric;
      /** A part of the baseline's p50. */
      readonly relative: number;
      /** In the metric's unit. */
      readonly absolute: number;
    }
  | {
      readonly kind: 'ceiling';
      readonly metric: Metric;
      readonly percentile: 'p50' | 'p90' | 'p99';
      /** In the metric's unit. */
      readonly most: number;
    }
  | {
      readonly kind: 'ratio';
      readonly metric: Metric;
      readonly to: TierName;
      readonly most: number;
    }
  | { readonly kind: 'failure rate'; readonly most: number };

export interface Limit {
  /** `file:line:col` of the entry. */
  readonly at: string;
  /** Pattern of cell ids. */
  readonly cells: string;
  readonly check: LimitCheck;
}

export interface Limits extends Omit<LimitsFile, 'limits'> {
  readonly file: string;
  readonly limits: readonly Limit[];
}

/** @throws UsageError with file, line and column */
export async function readLimits(file: string, cwd: string): Promise<Limits> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseLimits(text, file);
}

/** @throws UsageError with file, line and column */
export function parseLimits(text: string, file: string): Limits {
  const document = CheckedDocument.parse(text, file, limitsSchema);
  const limits = document.value.limits.flatMap((entry, index) => {
    const checks = checksOf(entry, document, index);
    if (checks.length === 0) {
      const kinds = 'regression, ceiling, ratio or failureRate';
      throw document.error(
        ['limits', index],
        `an entry of "limits" must limit something: ${kinds}`,
      );
    }
    const at = document.at(['limits', index]);
    return checks.map((check) => ({ at, cells: entry.cells, check }));
  });
  return { ...document.value, file, limits };
}

type Entry = LimitsFile['limits'][number];
type Limiting = CheckedDocument<LimitsFile>;

function checksOf(entry: Entry, document: Limiting, index: number): readonly LimitCheck[] {
  const { failureRate } = entry;
  return [
    ...metricsOf(entry).flatMap((metric) => metricChecks(entry, metric, document, index)),
    ...(failureRate === undefined ? [] : [{ kind: 'failure rate' as const, most: failureRate }]),
  ];
}

function metricsOf({ metric }: Entry): readonly Metric[] {
  const names = Array.isArray(metric) ? metric : [metric];
  return metrics.filter(({ name }) => names.includes(name));
}

function metricChecks(
  { regression, ceiling, ratio }: Entry,
  metric: Metric,
  document: Limiting,
  index: number,
): readonly LimitCheck[] {
  const amount = (text: string, ...path: readonly string[]) =>
    amountOf(text, metric, document, ['limits', index, ...path]);
  const percentiles = (['p50', 'p90', 'p99'] as const).flatMap((percentile) => {
    const text = ceiling?.[percentile];
    return text === undefined ? [] : [{ percentile, most: amount(text, 'ceiling', percentile) }];
  });
  return [
    ...(regression === undefined
      ? []
      : [
          {
            kind: 'regression' as const,
            metric,
            relative: regression.relative,
            absolute: amount(regression.absolute, 'regression', 'absolute'),
          },
        ]),
    ...percentiles.map((one) => ({ kind: 'ceiling' as const, metric, ...one })),
    ...(ratio === undefined ? [] : [{ kind: 'ratio' as const, metric, ...ratio }]),
  ];
}

function amountOf(
  text: string,
  { name, unit }: Metric,
  document: Limiting,
  path: readonly PropertyKey[],
): number {
  const value = unit === 'ms' ? parseMs(text) : parseKiB(text);
  if (value !== undefined) return value;
  const expected = unit === 'ms' ? 'a duration such as 1ms' : 'a size such as 512K';
  const key = `"${String(path.at(-1))}" of the metric ${name}`;
  throw document.error(path, `${key} must be ${expected}, got ${show(text)}`);
}
