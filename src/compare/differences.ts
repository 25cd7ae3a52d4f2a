/** What differs of the cells that are compared: most often the reason why one compares them. */
import type { RecordedCell } from '../results/record.js';
import type { Side } from './comparison.js';

const labels: Partial<Record<keyof RecordedCell, string>> = {
  failure: 'why nothing was started',
  qemuVersion: 'QEMU',
  guestVersion: "the guest's version",
  kernelSha256: "the guest kernel's sha256",
  initramfsSha256: "the initramfs's sha256",
  diskSha256: "the disk's sha256",
  kernelArguments: 'kernel arguments',
  machine: 'machine',
  firmware: 'firmware',
  firmwareSha256: "the firmware's sha256",
  cpu: 'CPU model',
  memoryMiB: 'memory, MiB',
  vcpus: 'vCPUs',
  workingSetMiB: 'working set, MiB',
  backing: "the template's backing",
  pageCache: 'page cache',
  qemuCpus: 'CPUs QEMU is kept to',
  concurrency: 'starts at once',
  rate: 'starts asked for in a second',
  load: 'how VMs are asked for',
  alive: 'VMs kept alive together',
  thp: 'transparent huge pages',
  identity: 'where random numbers come from',
  observeMs: 'observed for, ms',
  hugeCodeBytes: "QEMU's code in huge pages",
  image: 'image',
  initramfsPacking: 'how the initramfs is packed',
};

export interface CellPair {
  readonly base: RecordedCell;
  readonly candidate: RecordedCell;
}

/** One sentence for each difference, with the cells that have it where not all do. */
export function differencesOf(pairs: readonly CellPair[], base: Side, candidate: Side): string[] {
  const found = new Map<string, string[]>();
  for (const pair of pairs) {
    for (const sentence of cellDifferences(pair)) {
      found.set(sentence, [...(found.get(sentence) ?? []), pair.base.id]);
    }
  }
  const ofCells = [...found].map(([sentence, ids]) =>
    ids.length === pairs.length ? sentence : `${sentence} (${ids.join(', ')})`,
  );
  return [...ofCells, ...binaryDifference(base, candidate)];
}

function cellDifferences({ base, candidate }: CellPair): readonly string[] {
  return Object.entries(labels).flatMap(([name, label]) => {
    const [was, is] = [base, candidate].map((cell) =>
      // How many pages that takes is chance: where the loader put the code.
      name === 'hugeCodeBytes' && cell.hugeCodeBytes !== undefined
        ? String(cell.hugeCodeBytes > 0)
        : show(cell[name as keyof RecordedCell]),
    );
    return was === is ? [] : [`${label}: was ${was ?? ''}, is ${is ?? ''}`];
  });
}

/** Enough of a sha256 to tell two apart. */
function show(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 16) : text;
}

/** A QEMU that was built again under the same version. */
function binaryDifference(base: Side, candidate: Side): readonly string[] {
  const [was, is] = [base, candidate].map(({ qemus }) =>
    qemus
      .map(({ sha256 }) => show(sha256))
      .sort()
      .join(', '),
  );
  return was === is ? [] : [`QEMU's sha256: was ${show(was)}, is ${show(is)}`];
}
