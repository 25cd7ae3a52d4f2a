/** Figures as people read them: three significant digits, never more than was measured. */

export function showMs(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  return ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

export function showRatio(ratio: number): string {
  return ratio >= 0.1 ? ratio.toFixed(2) : ratio.toFixed(3);
}

export function showMaybe(value: number | undefined, show: (value: number) => string): string {
  return value === undefined ? '-' : show(value);
}

/** For machines: samples have µs, and so has the middle between two of them, but for binary rounding. */
export function rounded(value: number): number {
  return Number(value.toFixed(4));
}

export function showMiB(bytes: number): string {
  return bytes < 2 ** 20
    ? `${(bytes / 2 ** 10).toFixed(0)} KiB`
    : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
