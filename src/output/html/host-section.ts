/** The machine under the figures: every fact of the host, its QEMUs, and the guests. */
import type { Fact } from '../../host/fact.js';
import {
  hostFactGroups,
  hostFactTable,
  type HostFactKey,
  type HostFacts,
} from '../../host/fact-table.js';
import { describeKvmSpeed } from '../../host/kvm-speed.js';
import { showFact } from '../../host/show.js';
import type { RecordedCell, RunRecord } from '../../results/record.js';
import { isRuntime } from '../../tiers.js';
import { markup, type Markup, type Part } from './markup.js';
import type { ReportData } from './report-data.js';
import { nameTable } from './tables.js';

export function hostSection({ record }: ReportData): Markup {
  return markup`<section id="host" aria-labelledby="host-title"><h2 id="host-title">Host, QEMU, guests</h2>
<p>${describeKvmSpeed(record.host.kvm)}. Fingerprint of the host: <span class="id">${record.host.fingerprint}</span></p>
<div class="columns">${factTables(record.host.facts)}</div>
<h3>QEMU</h3><div class="columns">${record.qemus.map(qemuTable)}</div>
${runtimesPart(record)}
<h3>Guests</h3><div class="columns">${guestTables(record)}</div></section>`;
}

/** A record of an older version may lack facts that the table has gained since. */
function factTables(facts: HostFacts): readonly Markup[] {
  const recorded: Partial<Record<HostFactKey, Fact<unknown>>> = facts;
  return Object.entries(hostFactGroups).map(([group, keys]) =>
    nameTable(
      group,
      keys
        .filter((key) => recorded[key] !== undefined)
        .map((key) => [hostFactTable[key].label, factText(key, facts)]),
    ),
  );
}

function factText(key: HostFactKey, facts: HostFacts): Part {
  const text = showFact(key, facts[key]);
  return facts[key].state === 'known' ? text : markup`<span class="quiet">${text}</span>`;
}

function runtimesPart({ runtimes = [] }: RunRecord): Markup | undefined {
  if (runtimes.length === 0) return undefined;
  const tables = runtimes.map(({ version, binary, sha256 }) =>
    nameTable(version, [
      ['binary', binary],
      ['sha256', hash(sha256)],
    ]),
  );
  return markup`<h3>Container runtimes</h3><div class="columns">${tables}</div>`;
}

function qemuTable(qemu: RunRecord['qemus'][number]): Markup {
  const { binary, sha256, version, accelerators, dataDirectories, besideDirectories } = qemu;
  return nameTable(version.short, [
    ['version', version.full],
    ['binary', binary],
    ['sha256', hash(sha256)],
    ['accelerators', accelerators.join(', ')],
    ['data folders', [...dataDirectories, ...besideDirectories].join(', ')],
  ]);
}

/** One table for each distinct guest, with what it was started on. */
function guestTables({ cells }: RunRecord): readonly Markup[] {
  const seen = new Map<string, RecordedCell[]>();
  for (const cell of cells) {
    // Its image could not be read; why is among the warnings.
    if (cell.kernelSha256 === undefined) continue;
    const key = [cell.guest.name, cell.kernelSha256, cell.initramfsSha256, cell.commandLine].join();
    seen.set(key, [...(seen.get(key) ?? []), cell]);
  }
  return [...seen.values()].flatMap((ofGuest) => guestTable(ofGuest) ?? []);
}

function guestTable(cells: readonly RecordedCell[]): Markup | undefined {
  const [first] = cells;
  if (first === undefined) return undefined;
  if (isRuntime(first.tier)) return programTable(first, cells);
  const all = (field: (cell: RecordedCell) => string | undefined) =>
    [...new Set(cells.map(field))].join(', ');
  const states = cells.flatMap(({ id, stateBytes }) =>
    stateBytes === undefined ? [] : [`${Math.round(stateBytes / 1024)} KiB (${id})`],
  );
  return nameTable(`${first.guest.name} ${first.guestVersion ?? ''}`, [
    ['kernel sha256', hash(first.kernelSha256 ?? '')],
    [
      'initramfs sha256',
      first.initramfsSha256 === undefined ? 'none' : hash(first.initramfsSha256),
    ],
    ['command line', first.commandLine || 'none'],
    ['machine', all(({ machine }) => machine)],
    ['firmware', all(({ firmwareKind }) => firmwareKind)],
    ['firmware sha256', hash(all(({ firmwareSha256 }) => firmwareSha256))],
    ['CPU model, vCPUs', all(({ cpu, vcpus }) => `${cpu}, ${vcpus}`)],
    ['memory', all(({ memoryMiB, backing }) => `${memoryMiB} MiB on ${backing}`)],
    ['working set', all(({ workingSetMiB }) => `${workingSetMiB} MiB`)],
    ...hugeCode(cells),
    ['template state', states.length === 0 ? 'none' : states.join(', ')],
  ]);
}

/** Of base points: see docs/basepoint.md. */
function hugeCode(cells: readonly RecordedCell[]): readonly (readonly [string, string])[] {
  const found = cells.flatMap(({ id, hugeCodeBytes }) =>
    hugeCodeBytes === undefined ? [] : [`${hugeCodeBytes / 2 ** 20} MiB (${id})`],
  );
  return found.length === 0 ? [] : [["QEMU's code in huge pages", found.join(', ')]];
}

/** What containers run; all else of a guest they do not have. */
function programTable(first: RecordedCell, cells: readonly RecordedCell[]): Markup {
  const all = (field: (cell: RecordedCell) => string) => [...new Set(cells.map(field))].join(', ');
  return nameTable(`${first.guest.name} ${first.guestVersion}, PID 1 of the containers`, [
    ['program sha256', hash(first.initramfsSha256 ?? '')],
    ['runtime', all(({ qemuVersion }) => qemuVersion)],
    ['memory at most', all(({ memoryMiB }) => `${memoryMiB} MiB`)],
    ['working set', all(({ workingSetMiB }) => `${workingSetMiB} MiB`)],
  ]);
}

function hash(text: string): Markup {
  return markup`<span class="id">${text}</span>`;
}
