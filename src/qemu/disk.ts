/** QEMU's arguments for a guest's own disk. Pure. */

/** Where `openOverlay`'s descriptor is in QEMU; a base point, which has its control channel below, has none. */
export const overlayDescriptor = 10;

export interface MachineDisk {
  /** A raw image, which is never opened for writing. */
  readonly path: string;
  readonly mode: 'readonly' | 'overlay';
  readonly bytes: number;
}

/**
 * @param frozen what the guest of a template had written when it was frozen: a qcow2 image, which lies
 *   between the disk and the layer of the guest that is restored
 */
export function diskArguments(
  disk: MachineDisk | undefined,
  machine: string,
  frozen: string | undefined,
): readonly string[] {
  if (disk === undefined) return [];
  const bus = machine.startsWith('microvm') ? 'device' : 'pci';
  const device = ['-device', `virtio-blk-${bus},drive=disk`];
  if (disk.mode === 'readonly') return [...image('disk', disk.path), ...device];
  const below =
    frozen === undefined ? [] : layer('frozen', frozen, { 'read-only': true, backing: 'image' });
  const own = layer('disk', `/proc/self/fd/${overlayDescriptor}`, {
    backing: frozen === undefined ? 'image' : 'frozen',
  });
  return [...image('image', disk.path), ...below, ...own, ...device];
}

function image(name: string, path: string): readonly string[] {
  const file = { driver: 'file', filename: path, 'read-only': true };
  return blockdev({ driver: 'raw', 'node-name': name, 'read-only': true, file });
}

function layer(
  name: string,
  filename: string,
  options: { readonly 'read-only'?: boolean; readonly backing: string },
): readonly string[] {
  const readOnly = options['read-only'] === true ? { 'read-only': true } : {};
  const file = { driver: 'file', filename, ...readOnly };
  return blockdev({ driver: 'qcow2', 'node-name': name, ...options, file });
}

/** As JSON, because a path may have a comma in it. */
function blockdev(node: object): readonly string[] {
  return ['-blockdev', JSON.stringify(node)];
}
