/** One start: its marks, or why it failed. Failure is a state, never a number. */
import type { BootTrace } from '../boot-stages.js';
import type { Marks } from '../marks.js';
import type { ObservedFields } from '../observed.js';
import type { insideColumns, StageTimes } from '../stages.js';

export interface Usage {
  /** CPU time of the whole QEMU process, or of a container's PID 1, user and system, in ms. */
  readonly cpuMs: number;
  readonly rssKiB: number;
  readonly pssKiB: number;
  readonly privateDirtyKiB: number;
  /** Pages that other processes map too. */
  readonly sharedKiB: number;
  readonly pageTablesKiB: number;
  /** Huge pages of its own, from hugetlbfs: in none of the figures above. */
  readonly privateHugetlbKiB: number;
}

/** The mapping of guest RAM in QEMU's process, from /proc/PID/smaps. */
export interface GuestRam {
  /** Device and inode of the file behind it: who maps another one has no page in common. */
  readonly file: string;
  readonly rssKiB: number;
  /** A page that n processes map counts one n-th: less than RSS where others map it, too. */
  readonly pssKiB: number;
}

export type InsideMarks = Partial<Record<keyof typeof insideColumns, number>>;

/** What a guest told of itself. Times are in ms since it was resumed, or since the start of a boot. */
export interface Observation {
  /** Random bytes, in the order they were drawn. */
  readonly draws: readonly Draw[];
  /** When everything but the draws was looked at. */
  readonly observedMs: number;
  /** The guest's wall clock less the host's; the host's is read to 1 ms. */
  readonly realtimeOffsetMs: number;
  /** How long the guest thinks it has been up. */
  readonly boottimeMs: number;
  readonly fields: ObservedFields;
  /** The VM generation id as QEMU has it; empty without the device. */
  readonly generationId: string;
}

export interface Draw {
  readonly atMs: number;
  /** In hexadecimal. */
  readonly random: string;
  /** The guest had said that it is ready. */
  readonly ready: boolean;
}

export type Outcome =
  | {
      readonly state: 'ok';
      readonly marks: Marks;
      /** Read from /proc after `work`; a field is absent where the host does not tell. */
      readonly usage: Partial<Usage>;
      /** Of a clone; empty for the other tiers. */
      readonly stages: StageTimes;
      /** Marks stamped inside QEMU, in ms since the start; absent without the library. */
      readonly insideMarks: InsideMarks;
      readonly guestId: string;
      /** Only of a guest that was observed. */
      readonly observation?: Observation | undefined;
      /** Only of a tenant's guest, and where its RAM is a file. */
      readonly guestRam?: GuestRam | undefined;
      /** Only of a boot that was traced. */
      readonly boot?: BootTrace | undefined;
    }
  | {
      readonly state: 'failed';
      /** One line that says what failed. */
      readonly failure: string;
      /** The marks that were delivered before it failed. */
      readonly marks: Marks;
      /** Everything a person needs to find out why; goes to the log file. */
      readonly evidence: string;
    };

export type Sample = Outcome & {
  readonly cell: string;
  readonly round: number;
  /** The place in the whole run, from 1. */
  readonly order: number;
  readonly phase: 'warmup' | 'measure';
  /** From 1 among the starts of its cell in that round. */
  readonly member: number;
  /** Only of a start at a rate. */
  readonly arrival?: Arrival | undefined;
};

export interface Arrival {
  /** When it was to be asked for, in ms from the beginning of its step: its start. */
  readonly dueMs: number;
  /** By how much the harness asked later. */
  readonly lateMs: number;
}
