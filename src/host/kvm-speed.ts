// Says from a measured speed whether KVM runs guests on the processor or emulates them.

/** What is known about the speed of guests under KVM. */
export type KvmSpeed =
  | { state: 'measured'; kind: 'native' | 'emulated'; instructionsPerSecond: number }
  | { state: 'unmeasured'; why: string };

/**
 * Guest instructions a second from which KVM counts as native.
 *
 * Processors run a simple loop at 1e9 a second and more; a module that interprets the guest's kernel
 * mode manages about 2e6; translating the guest, the best that software does, some 1e8. The line is
 * the geometric mean of the last and the first, so either may be off by a factor of three. A CPU
 * quota well below one CPU can push a native host under it: measure without one.
 */
export const nativeFromPerSecond = 3e8;

/** Judges a measured speed; a figure that cannot be one is treated as no measurement. */
export function judgeKvmSpeed(instructionsPerSecond: number): KvmSpeed {
  if (!Number.isFinite(instructionsPerSecond) || instructionsPerSecond <= 0) {
    return {
      state: 'unmeasured',
      why: `${instructionsPerSecond} instructions a second is no speed`,
    };
  }
  const kind = instructionsPerSecond >= nativeFromPerSecond ? 'native' : 'emulated';
  return { state: 'measured', kind, instructionsPerSecond };
}

/** The sentence shown for it. */
export function describeKvmSpeed(speed: KvmSpeed): string {
  if (speed.state === 'unmeasured') return `KVM's speed is unknown: ${speed.why}`;
  const rate = `${perSecond(speed.instructionsPerSecond)} guest instructions a second`;
  return speed.kind === 'native'
    ? `KVM runs guests natively: ${rate}`
    : `KVM emulates guests here: ${rate}, where hardware runs 1000 million and more`;
}

function perSecond(rate: number): string {
  const millions = rate / 1e6;
  return `${millions.toFixed(millions < 10 ? 1 : 0)} million`;
}
