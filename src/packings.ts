/**
 * The ways an initramfs can be packed. This closed list is the only one; all else hangs off it. Pure.
 */
export interface PackingDefinition {
  /** What the kernel's configuration must have; undefined: nothing. */
  readonly option: string | undefined;
  /** Packs its standard input, to the same bytes each time; undefined: it stays as it is. */
  readonly command: readonly [string, ...string[]] | undefined;
}

export type PackingName = 'none' | 'gzip' | 'lz4' | 'zstd' | 'xz';

/** As the kernel's own unpackers want it: lz4's old format, xz with CRC32 and a small dictionary. */
export const packings: Readonly<Record<PackingName, PackingDefinition>> = {
  none: { option: undefined, command: undefined },
  gzip: { option: 'RD_GZIP', command: ['gzip', '-9nc'] },
  lz4: { option: 'RD_LZ4', command: ['lz4', '-l', '-9', '-c'] },
  zstd: { option: 'RD_ZSTD', command: ['zstd', '-19', '-qc'] },
  xz: { option: 'RD_XZ', command: ['xz', '--check=crc32', '--lzma2=preset=9,dict=1MiB', '-c'] },
};

export const packingNames = Object.keys(packings) as readonly PackingName[];

/** Those that a kernel of this configuration unpacks. */
export function knownPackings(config: ReadonlyMap<string, string>): readonly PackingName[] {
  return packingNames.filter((name) => {
    const { option } = packings[name];
    return option === undefined || config.get(option) === 'y';
  });
}

/** Completes "GUEST ...". */
export function lacksPacking(packing: PackingName): string {
  const { option = '' } = packings[packing];
  return `was built without CONFIG_${option}: its kernel cannot unpack an initramfs that ${packing} packed`;
}
