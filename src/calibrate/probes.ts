/** Which probes a calibration has: all of them, or those that a run can spare the time for. */
import type { Machine } from '../qemu/machine.js';
import type { Probe } from './calibrate.js';
import { cloneRequestProbe } from './clone-request.js';
import { inProcessProbes } from './in-process.js';
import { markDelayProbe } from './mark-delay.js';
import { preloadProbe, type ColdStart } from './preload.js';
import { roundTripProbe } from './round-trip.js';
import { spawningProbe } from './spawning.js';
import type { Tools } from './tools.js';

/** What is calibrated; each part may throw why this host has none. */
export interface Subject {
  readonly tools: Tools;
  /** The path of a QEMU. */
  readonly qemu: () => string;
  /** A base point of a guest. */
  readonly base: () => Promise<Machine>;
}

/** The least that gives a p90, and one to spare. */
const shortCount = 30;
const fullCount = 50;
/** Of each kind: some ten seconds on a quiet host. */
const preloadCount = 60;

export function shortProbes(subject: Subject, count = shortCount): readonly Probe[] {
  const { tools, qemu, base } = subject;
  return [
    ...inProcessProbes,
    markDelayProbe(tools, count),
    spawningProbe(tools, count),
    roundTripProbe(tools, qemu, count),
    cloneRequestProbe(base, count),
  ];
}

export function fullProbes(subject: Subject & { readonly coldStart: ColdStart }): readonly Probe[] {
  return [...shortProbes(subject, fullCount), preloadProbe(subject.coldStart, preloadCount)];
}
