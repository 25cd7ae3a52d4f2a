/** The tiers: the ways to start a guest. This closed list is the only one; all else hangs off it. */
import type { MarkName } from './marks.js';

export interface TierDefinition {
  readonly title: string;
  /** What this way leaves out, compared with the one above it. */
  readonly bypasses: string;
  /** Marks a start must deliver, or it failed. */
  readonly marks: readonly MarkName[];
  readonly needsTemplate: boolean;
  /** The figure of the KVM Forum 2019 talk in ms, on its authors' hardware; never ours. */
  readonly talkMs: number | undefined;
}

export type TierName = 'cold' | 'restore';

export const tiers = {
  cold: {
    title: 'cold boot',
    bypasses: 'nothing',
    marks: ['vmm_ready', 'kernel', 'init', 'ready', 'work', 'exit'],
    needsTemplate: false,
    talkMs: 500,
  },
  restore: {
    title: 'template restore',
    bypasses: "the guest kernel's init",
    marks: ['vmm_ready', 'resumed', 'ready', 'work', 'exit'],
    needsTemplate: true,
    talkMs: 150,
  },
} as const satisfies Record<TierName, TierDefinition>;

export const tierNames = Object.keys(tiers) as readonly TierName[];

/** Where the figures in `talkMs` come from, for every place that shows them. */
export const talk = {
  title: 'Bring QEMU to Micro Service World',
  event: 'KVM Forum 2019',
  authors: 'Xiao Guangrong, Zhang Yulei (Tencent Cloud)',
} as const;
