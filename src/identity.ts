/**
 * What makes the clones of one template differ: the ways to give a restored guest random numbers of
 * its own. This closed list is the only one; all else hangs off it.
 */
export interface IdentityWay {
  readonly title: string;
  /** Who makes the guest's random number generator fresh, and when. */
  readonly does: string;
  /** The go message carries a seed from the harness, which the guest stirs in before `ready`. */
  readonly seeds: boolean;
  /** The guest reads /dev/hwrng and stirs that in before `ready`. */
  readonly readsHwrng: boolean;
  /** QEMU's arguments for the device it needs, if any; the same for template and clones. */
  readonly device: (machine: string) => readonly string[];
}

export type IdentityName = 'seed' | 'none' | 'virtio-rng' | 'vmgenid';

const noDevice = () => [];

/**
 * The host's own generator: QEMU's `rng-builtin` asks a library in QEMU's process, whose state a
 * fork copies.
 */
const virtioRng = (machine: string) => [
  ...['-object', 'rng-random,id=rng,filename=/dev/urandom'],
  ...['-device', `virtio-rng-${machine.startsWith('microvm') ? 'device' : 'pci'},rng=rng`],
];

export const identityWays: Readonly<Record<IdentityName, IdentityWay>> = {
  seed: {
    title: 'seed from the harness',
    does: 'the go message carries 32 random bytes; PID 1 stirs them in (RNDADDENTROPY, RNDRESEEDCRNG) before it says ready',
    seeds: true,
    readsHwrng: false,
    device: noDevice,
  },
  none: {
    title: 'nothing done',
    does: 'nobody: the guest goes on with the random state of its template',
    seeds: false,
    readsHwrng: false,
    device: noDevice,
  },
  'virtio-rng': {
    title: 'virtio-rng',
    does: "PID 1 reads /dev/hwrng and stirs that in (RNDADDENTROPY, RNDRESEEDCRNG) before it says ready: the talk's way",
    seeds: false,
    readsHwrng: true,
    device: virtioRng,
  },
  vmgenid: {
    title: 'VM generation id',
    does: 'QEMU changes the generation id when it loads the template; the guest kernel is told by ACPI and reseeds by itself. Ready does not wait for it',
    seeds: false,
    readsHwrng: false,
    device: () => ['-device', 'vmgenid,guid=auto'],
  },
};

export const identityNames = Object.keys(identityWays) as readonly IdentityName[];
