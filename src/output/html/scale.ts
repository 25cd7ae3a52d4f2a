/** From a value to its place on an axis, as a fraction of the axis's length. */

export interface Tick {
  readonly value: number;
  readonly label: string;
  /** Still labelled where there is little room. */
  readonly major: boolean;
}

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  /** 0 at `min`, 1 at `max`. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Values that span more than this factor would crush their lower part on a linear axis. */
const logFrom = 4;

/** An axis that holds the values with a little room, logarithmic where they span much. */
export function scaleFor(values: readonly number[]): Scale {
  const { min, max } = extent(values);
  if (min > 0 && max / min > logFrom) return logScale(min / 1.08, max * 1.08);
  const size = Math.max(Math.abs(min), Math.abs(max));
  // What is apart by rounding alone is the same.
  const room = max - min > size * 1e-9 ? (max - min) * 0.06 : Math.max(size * 0.05, 0.05);
  return linearScale(min >= 0 ? Math.max(0, min - room) : min - room, max + room);
}

/** @param wanted about how many ticks; they fall on 1, 2 or 5 times a power of ten */
export function linearScale(min: number, max: number, wanted = 5): Scale {
  const step = niceStep((max - min) / wanted);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const ticks = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: value.toFixed(decimals), major: index % 2 === 0 };
  });
  return { kind: 'linear', min, max, at: (value) => (value - min) / (max - min), ticks };
}

/** Ticks at 1, 2 and 5 times each power of ten. Throws RangeError unless 0 < min < max. */
export function logScale(min: number, max: number): Scale {
  if (!(min > 0 && max > min)) throw new RangeError(`no log axis from ${min} to ${max}`);
  const ticks: Tick[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= min && value <= max) {
        ticks.push({ value, label: String(value), major: digit === 1 });
      }
    }
  }
  const span = Math.log(max / min);
  return { kind: 'log', min, max, at: (value) => Math.log(value / min) / span, ticks };
}

/** A fraction of an axis as SVG takes it: charts keep their text's size at any width. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(2))}%`;
}

/** Not by spreading into Math.min: that fails beyond some 100,000 values. */
function extent(values: readonly number[]): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return values.length === 0 ? { min: 0, max: 1 } : { min, max };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return digit * power;
}
