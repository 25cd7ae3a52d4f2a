/** Figures inside the sentences of a verdict. */
import type { Metric } from '../metrics.js';

export function amount(value: number, { unit }: Pick<Metric, 'unit'>): string {
  const size = Math.abs(value);
  const digits = unit === 'KiB' || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)} ${unit}`;
}

/** With its sign, also where it rounds to nothing. */
export function signed(value: number, metric: Pick<Metric, 'unit'>): string {
  return `${value < 0 ? '-' : '+'}${amount(value, metric)}`;
}

export function percent(part: number): string {
  const hundredths = part * 100;
  return `${hundredths.toFixed(Math.abs(hundredths) < 10 ? 1 : 0)} %`;
}

export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}
