/** Runs that were never measured, of any size and with any defect, as they would lie on disk. */
import type { CalibrationEntry } from '../../src/calibrate/entry.js';
import type { SampleRecord } from '../../src/results/columns.js';
import { sampleColumns } from '../../src/results/columns.js';
import type { RecordedCell, RunRecord } from '../../src/results/record.js';
import type { StoredRun } from '../../src/results/run-folder.js';
import { createRandom, type Random } from '../../src/statistics/random.js';
import type { TierName } from '../../src/tiers.js';
import { factsOf } from '../host/fixture-host.js';
import { standardNormal } from '../statistics/support.js';

export interface SyntheticCell {
  readonly tier: TierName;
  readonly guest: string;
  readonly accel: 'kvm' | 'tcg';
  readonly readyMs: number;
  /** Makes the start at this place (from 0) of the cell fail. */
  readonly fails?: (place: number) => boolean;
  /** Multiplies ready at a place from 0 to 1 in the run. */
  readonly drift?: (progress: number) => number;
}

export interface SyntheticOptions {
  readonly runs?: number;
  readonly warmup?: number;
  readonly record?: Partial<RunRecord>;
  /** Columns that this version of the program does not know. */
  readonly extra?: (random: Random) => SampleRecord;
}

export const nativeKvm = {
  state: 'measured',
  kind: 'native',
  instructionsPerSecond: 3.1e9,
} as const;
export const emulatedKvm = {
  state: 'measured',
  kind: 'emulated',
  instructionsPerSecond: 2.4e6,
} as const;

/** The cells of a usual run: five, one of which fails now and then, one that drifts. */
export const usualCells: readonly SyntheticCell[] = [
  { tier: 'cold', guest: 'tiny', accel: 'kvm', readyMs: 43 },
  {
    tier: 'restore',
    guest: 'tiny',
    accel: 'kvm',
    readyMs: 39,
    fails: (place) => place % 37 === 11,
  },
  { tier: 'cold', guest: 'debian-cloud', accel: 'tcg', readyMs: 1850 },
  {
    tier: 'restore',
    guest: 'debian-cloud',
    accel: 'tcg',
    readyMs: 62,
    drift: (progress) => 1 + 0.25 * progress,
  },
  { tier: 'restore', guest: 'debian-6.12', accel: 'kvm', readyMs: 75 },
];

export const calibrationEntries: readonly CalibrationEntry[] = [
  {
    ...{ state: 'measured', label: 'reading the clock', n: 10_000 },
    ...{ p50Ms: 0.0001, p90Ms: 0.0001, maxMs: 0.02 },
  },
  {
    ...{ state: 'measured', label: "from a guest's mark to the harness", n: 500 },
    ...{ p50Ms: 0.1, p90Ms: 0.15, maxMs: 2.7 },
  },
  { state: 'unmeasured', label: 'a clone request', why: 'no cell of this run is cloned\nat all' },
];

export function syntheticRun(
  cells: readonly SyntheticCell[] = usualCells,
  { runs = 200, warmup = 2, record = {}, extra = () => ({}) }: SyntheticOptions = {},
): StoredRun {
  const recorded = cells.map((cell) => recordedCell(cell, runs, warmup));
  const random = createRandom(1);
  const rounds = Array.from({ length: runs + warmup }, (_, round) =>
    random.shuffle(cells.map((_cell, place) => place)).map((place) => ({ round, place })),
  );
  const samples = rounds.flat().map(({ round, place }, index) => {
    const [cell, own] = [cells[place], recorded[place]];
    if (cell === undefined || own === undefined) throw new Error('no such cell');
    const phase = round < warmup ? 'warmup' : 'measure';
    const nth = phase === 'warmup' ? round : round - warmup;
    const start = { cell, own, phase, nth, progress: nth / runs, order: index + 1 } as const;
    return { ...sample(start, random), ...extra(random) };
  });
  return {
    folder: '/nowhere',
    samples,
    record: { ...runRecord(recorded, samples.length), ...record },
  };
}

interface Start {
  readonly cell: SyntheticCell;
  readonly own: RecordedCell;
  readonly phase: 'warmup' | 'measure';
  readonly nth: number;
  readonly progress: number;
  readonly order: number;
}

function sample({ cell, own, phase, nth, progress, order }: Start, random: Random): SampleRecord {
  const ready = cell.readyMs * (cell.drift?.(progress) ?? 1) * Math.exp(noise(random));
  const failed = phase === 'measure' && cell.fails?.(nth) === true;
  const vmm = ready * 0.6;
  const cold = cell.tier === 'cold';
  const at = (ms: number) => ms.toFixed(3);
  const times = {
    vmm_ready_ms: at(vmm),
    ...(cold ? { kernel_ms: at(ready * 0.7), init_ms: at(ready * 0.93) } : {}),
    ...(cold || failed ? {} : { resumed_ms: at(ready * 0.82) }),
    ...(failed ? {} : { ready_ms: at(ready), work_ms: at(ready * 1.3), exit_ms: at(ready * 1.5) }),
  };
  const usage = { cpu_ms: at(ready * 0.8), rss_kib: '45704', pss_kib: '39290' };
  return {
    ...Object.fromEntries(sampleColumns.map((name) => [name, ''])),
    ...{ run_id: 'synthetic', cell: own.id, scenario: 'synthetic', tier: cell.tier },
    ...{ guest: cell.guest, accel: cell.accel, qemu: own.qemuVersion, machine: own.machine },
    ...{ memory_mib: String(own.memoryMiB), vcpus: '1', concurrency: '1' },
    ...{ round: String(nth + 1), order: String(order), phase, state: failed ? 'failed' : 'ok' },
    failure: failed ? 'QEMU exited with code 1 before mark "ready"' : '',
    ...times,
    ...(failed ? {} : { ...usage, private_dirty_kib: '23608', guest_id: guestId(random) }),
  };
}

/** A narrow body with a tail to the right, as start-up times have. */
function noise(random: Random): number {
  const normal = 0.03 * standardNormal(random);
  return random.uniform() < 0.05 ? Math.abs(normal) * 6 : normal;
}

function guestId(random: Random): string {
  const words = Array.from({ length: 8 }, () => random.uint32().toString(16).padStart(8, '0'));
  return `${words.join('')}-0000000000000000-1`;
}

function recordedCell(cell: SyntheticCell, runs: number, warmup: number): RecordedCell {
  const { tier, guest, accel } = cell;
  return {
    ...{ id: `${tier}/${guest}/${accel}/128M`, scenario: 'synthetic', tier, accel },
    guest: { kind: 'declared', name: guest },
    ...{ qemu: 'qemu-system-x86_64', qemuVersion: '7.2.22', machine: 'pc', firmware: 'default' },
    ...{ cpu: accel === 'kvm' ? 'host' : 'qemu64', memoryMiB: 128, vcpus: 1, kernelArguments: '' },
    ...{
      backing: 'tmpfs',
      workingSetMiB: 8,
      pageCache: 'warm',
      qemuCpus: '',
      identity: 'seed',
      ends: 'guest',
      observeMs: 0,
      image: 'vmlinux',
      initramfsPacking: 'none',
      initramfsFillMiB: 0,
      trace: 'none',
      thp: 'host',
      tenant: { name: 'none', uid: undefined },
      concurrency: 1,
      alive: 0,
      rate: 0,
      load: { timeMs: 2000, arrivals: 'poisson', p95LimitsMs: [50], aliveLimit: 300 },
      memoryReserveMiB: 1024,
      runs,
      warmup,
      timeoutMs: 60_000,
    },
    sampling: { kind: 'fixed', runs },
    ...{ guestVersion: '1', kernelSha256: '2d'.repeat(32), initramfsSha256: 'b9'.repeat(32) },
    ...{ commandLine: 'console=ttyS0 quiet', firmwareKind: 'seabios' },
    ...{ firmwareSha256: '5c'.repeat(32), templateKey: 'a605', stateBytes: 52_679 },
  };
}

function runRecord(cells: readonly RecordedCell[], plannedStarts: number): RunRecord {
  const version = {
    full: 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)',
    short: '7.2.22',
    distribution: 'Debian 1:7.2+dfsg-7',
  };
  return {
    ...{ format: 1, basepoint: '0.1.0', runId: '20260102T030405Z-synthetic', state: 'complete' },
    ...{ startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:14:05.678Z' },
    command: ['basepoint', 'run', 'scenarios/synthetic one.yaml', '--seed', '1'],
    ...{ node: 'v20.20.2', seed: 1, plannedStarts, cells, skipped: [] },
    scenarios: [{ file: 'scenarios/synthetic one.yaml', text: 'name: synthetic\nruns: 200\n' }],
    host: { fingerprint: '35'.repeat(32), kvm: nativeKvm, facts: factsOf('intel'), warnings: [] },
    qemus: [
      {
        ...{ binary: '/usr/bin/qemu-system-x86_64', sha256: '14'.repeat(32), version },
        ...{ machines: ['microvm', 'pc'], accelerators: ['tcg', 'kvm'] },
        ...{ dataDirectories: ['/usr/share/qemu'], besideDirectories: [] },
      },
    ],
  };
}
