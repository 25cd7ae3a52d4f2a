/** What the harness itself costs between a byte and a mark, by tinybench. */
import { Bench } from 'tinybench';

import { now } from '../clock.js';
import { guestCodes } from '../marks.js';
import { answerSize } from '../qemu/frames.js';
import { MarkStream } from '../qemu/mark-stream.js';
import type { Probe } from './calibrate.js';
import { measuredEntry, type CalibrationEntry } from './entry.js';

/** One call is shorter than the timer's own cost: a sample is the mean of a batch. */
const callsPerSample = 100;
const samples = 50;
const warmupSamples = 20;

const costs: Readonly<Record<string, () => () => unknown>> = {
  'reading the clock': () => now,
  'writing a QMP command as JSON and reading its answer': () => jsonOfOneCommand,
  'parsing the bytes of one start': parseOneStart,
};

export const inProcessProbes: readonly Probe[] = Object.entries(costs).map(([what, make]) => {
  const label = `${what} (mean of ${callsPerSample})`;
  return { label, measure: () => Promise.resolve(costOf(label, make())) };
});

function costOf(label: string, call: () => unknown): CalibrationEntry {
  const bench = new Bench({
    ...{ time: 0, iterations: samples, warmupTime: 0, warmupIterations: warmupSamples },
    ...{ retainSamples: true, throws: true },
  });
  bench.add(label, () => {
    const start = bench.now();
    for (let calls = 0; calls < callsPerSample; calls += 1) call();
    const total = bench.now() - start;
    return { overriddenDuration: total / callsPerSample, overriddenIterationCost: total };
  });
  const [task] = bench.runSync();
  const result = task?.result;
  if (result?.state !== 'completed') throw new Error(`tinybench: ${result?.state ?? 'no task'}`);
  return measuredEntry(label, result.latency.samples ?? []);
}

const answerLine = '{"return": {"status": "prelaunch", "singlestep": false, "running": false}}';

function jsonOfOneCommand(): unknown {
  const line = `${JSON.stringify({ execute: 'query-status', arguments: undefined })}\n`;
  return line.length > 0 ? JSON.parse(answerLine) : undefined;
}

function parseOneStart(): () => void {
  const { KERNEL, INIT, BASE, READY, DATA, WORK } = guestCodes;
  const answer = new Array<number>(answerSize).fill(1);
  const bytes = Buffer.from([KERNEL, INIT, BASE, READY, DATA, ...answer, WORK]);
  const nothing = () => undefined;
  const stream = new MarkStream({ mark: nothing, answer: nothing, error: nothing });
  return () => {
    stream.feed(bytes, 0n);
  };
}
