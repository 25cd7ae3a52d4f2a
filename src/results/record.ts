/** run.json: everything about a run that is not a sample. */
import type { Calibration } from '../calibrate/entry.js';
import type { Runtime } from '../container/runtime.js';
import type { HostFacts } from '../host/fact-table.js';
import type { KvmSpeed } from '../host/kvm-speed.js';
import type { Qemu } from '../host/qemu.js';
import type { HostWarning } from '../host/show.js';
import type { Stop } from '../measure/stopping.js';
import type { Cell, PlanOptions, SettledGuest, SkippedCell } from '../plan/cell.js';

export interface RunRecord {
  readonly format: 1;
  readonly basepoint: string;
  readonly runId: string;
  readonly state: 'running' | 'complete' | 'interrupted';
  readonly startedAt: string;
  readonly finishedAt: string | undefined;
  /** The command line that repeats this run. */
  readonly command: readonly string[];
  /** What the command line overrode; absent in records of older versions. */
  readonly options?: PlanOptions | undefined;
  /** When the run was continued after it had been interrupted or killed; usually never. */
  readonly resumed?: readonly Resumption[] | undefined;
  /** When a gate that was suspicious added rounds, and after how many starts; usually never. */
  readonly added?: readonly Resumption[] | undefined;
  /** Who measures, while the state is `running`. */
  readonly process?: string | undefined;
  readonly node: string;
  readonly seed: number;
  /** To which the harness was kept; empty for any, absent in records of older versions. */
  readonly harnessCpus?: string | undefined;
  /** The most there may be, and once the run is complete those that sampling asked for. */
  readonly plannedStarts: number;
  /** Of samples.csv as the run left it; absent while it runs, and in records of older versions. */
  readonly samplesSha256?: string | undefined;
  /** How sampling ended; absent while it runs, and in records of older versions. */
  readonly stops?: readonly Stop[] | undefined;
  readonly scenarios: readonly { readonly file: string; readonly text: string }[];
  readonly cells: readonly RecordedCell[];
  readonly skipped: readonly SkippedCell[];
  /** How choices between guests were settled; absent in records of older versions. */
  readonly settled?: readonly SettledGuest[] | undefined;
  readonly host: {
    readonly fingerprint: string;
    readonly kvm: KvmSpeed;
    readonly facts: HostFacts;
    readonly warnings: readonly HostWarning[];
  };
  readonly qemus: readonly Qemu[];
  /** Of the container tiers; absent in records of older versions. */
  readonly runtimes?: readonly Runtime[] | undefined;
  /** What the cells were started from; absent in records of older versions. */
  readonly templates?: readonly RecordedTemplate[] | undefined;
  /** How precise the observer was before the first start; absent in records of older versions. */
  readonly calibration?: Calibration | undefined;
}

/** A template as it was when the run began. */
export interface RecordedTemplate {
  readonly key: string;
  /** `none`: that of no tenant. */
  readonly tenant: string;
  /** The cells that start from it. */
  readonly cells: readonly string[];
  /** Made in an earlier run. */
  readonly reused: boolean;
  /** How long making it took, whenever that was: absent where nobody noted it. */
  readonly madeMs?: number | undefined;
  readonly ramBytes: number;
  /** Memory that its RAM file takes, without its holes. */
  readonly residentBytes: number;
  readonly stateBytes: number;
  /** Of its folder: who may read it. */
  readonly owner: { readonly uid: number; readonly mode: string };
}

export interface Resumption {
  readonly at: string;
  /** Starts that were recorded before. */
  readonly after: number;
}

export interface RecordedCell extends Cell {
  /** Why nothing could be started of it; what could not be made is undefined below. */
  readonly failure?: string | undefined;
  readonly guestVersion: string | undefined;
  readonly kernelSha256: string | undefined;
  readonly initramfsSha256: string | undefined;
  /** Of a guest's own disk, which few have. */
  readonly diskSha256?: string | undefined;
  readonly commandLine: string | undefined;
  readonly firmwareKind: string | undefined;
  readonly firmwareSha256: string | undefined;
  readonly templateKey: string | undefined;
  readonly stateBytes: number | undefined;
  /** Of a base point: how much of its QEMU's code clones share in huge pages. */
  readonly hugeCodeBytes?: number | undefined;
}

/** How fast the guest's own instructions run: what every figure of a cell must be read with. */
export function accelLabel(accel: string, kvm: KvmSpeed): string {
  if (accel === 'none') return "host's kernel";
  if (accel !== 'kvm') return 'TCG (emulated)';
  if (kvm.state === 'unmeasured') return 'KVM (speed unknown)';
  return kvm.kind === 'native' ? 'KVM' : 'KVM (kernel mode emulated)';
}
