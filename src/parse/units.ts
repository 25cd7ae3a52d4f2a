/** Sizes, durations and parts as people write them. */

const sizePattern = /^(\d+)\s*([MG])(i?B)?$/;
const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/;
const kibPattern = /^(\d+(?:\.\d+)?)\s*([KMG])(i?B)?$/;
const partPattern = /^(\d+(?:\.\d+)?)\s*%$/;
const kibPerUnit = { K: 1, M: 1024, G: 1024 * 1024 } as const;
const msPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `256M`, `4G` (also MiB, GiB) in MiB; undefined when it is no size. Both are binary units. */
export function parseMiB(text: string): number | undefined {
  const [, digits, unit] = sizePattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = Number(digits) * (unit === 'G' ? 1024 : 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `500ms`, `60s`, `5m`, `1h` in ms; undefined when it is no duration. */
export function parseMs(text: string): number | undefined {
  const [, digits, unit] = durationPattern.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * msPerUnit[unit as keyof typeof msPerUnit];
}

/** `512K`, `1.5M` (also KiB, MiB) in KiB; undefined when it is no size. */
export function parseKiB(text: string): number | undefined {
  const [, digits, unit] = kibPattern.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * kibPerUnit[unit as keyof typeof kibPerUnit];
}

/** `5%` as 0.05; undefined when it is no such part. */
export function parsePart(text: string): number | undefined {
  const [, digits] = partPattern.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) / 100;
}
