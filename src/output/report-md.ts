/** report.md: the run for a pull request or a mail. */
import type { MeasuredEntry } from '../calibrate/entry.js';
import { calibrationTable, unmeasuredLines } from '../calibrate/show.js';
import { hostWarnings, showFact } from '../host/show.js';
import { describeKvmSpeed } from '../host/kvm-speed.js';
import { hostFactTable, type HostFactKey } from '../host/fact-table.js';
import { shellQuote } from '../qemu/command.js';
import type { RecordedCell, RunRecord } from '../results/record.js';
import { besideContainers } from './beside-containers.js';
import { samplingLines } from './sampling.js';
import type { Summary } from '../summarise.js';
import { isRuntime, talk } from '../tiers.js';
import { warningText } from '../warnings.js';
import type { Chart } from './charts/charts.js';
import { endSentences } from './ends.js';
import { growthNote, growthTables } from './growth-tables.js';
import { emulatedText } from './emulation.js';
import { ladderTable, markdownTable } from './ladder.js';
import type { TogetherTable } from './together-tables.js';

const shownFacts: readonly HostFactKey[] = [
  ...(['cpuModel', 'cpusOnline', 'memoryTotalMiB', 'virtualised', 'distribution'] as const),
  ...(['kernelRelease', 'kvmModules', 'governor', 'thpEnabled', 'loadAverage'] as const),
];

export function reportMarkdown(
  record: RunRecord,
  summary: Summary,
  charts: readonly Pick<Chart, 'name' | 'title'>[],
  lateness: readonly MeasuredEntry[] = [],
  identity: readonly string[] = [],
  together: readonly TogetherTable[] = [],
): string {
  const ladder = ladderTable(summary, record);
  const emulated = emulatedText(record);
  const parts = [
    `# ${record.runId}`,
    stateLine(record),
    ...(emulated === '' ? [] : [`**${emulated}**`]),
    ...(ladder.length === 0 ? [] : [markdownTable(ladder)]),
    `Times are in ms. *ready*: guest user space has taken its identity and seed, reseeded, and said so; every tier starts and ends at the same two instants. p50 is the median, with its 95 % order-statistic interval. A dash: too few samples to say, or the tier has no such figure. *The talk's* column is from "${talk.title}" (${talk.authors}, ${talk.event}), on its authors' hardware: it is not ours.`,
    ...together.map(({ title, rows, note }) => `## ${title}\n\n${markdownTable(rows)}\n\n${note}`),
    ...section('Where starts end', endSentences(record)),
    ...growthParts(record, summary),
    ...charts.map(({ name, title }) => `![${title}](charts/${name})`),
    ...identity,
    ...section('Beside containers', besideContainers(summary, record)),
    ...section('Sampling', samplingLines(record)),
    ...section('Warnings', warningLines(record, summary)),
    ...section(
      'Not run',
      record.skipped.map(({ cell, because }) => `${cell.id}: skipped, because ${because}`),
    ),
    ...precision(record, lateness),
    ...section('Host', hostLines(record)),
    ...section('Cells', cellLines(record)),
    `## Run it again\n\n\`\`\`sh\n${shellQuote(record.command)}\n\`\`\`\n\nSeed ${record.seed}, basepoint ${record.basepoint}, Node.js ${record.node}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function growthParts(record: RunRecord, summary: Summary): readonly string[] {
  const tables = growthTables(summary, record).map(
    ({ title, rows }) => `## ${title}\n\n${markdownTable(rows)}`,
  );
  return tables.length === 0 ? [] : [...tables, growthNote];
}

/** The observer's own times, from the start of the run and from its starts. */
function precision(
  { calibration }: RunRecord,
  lateness: readonly MeasuredEntry[],
): readonly string[] {
  const entries = [...(calibration?.entries ?? []), ...lateness];
  if (entries.length === 0) return [];
  const missing = unmeasuredLines(entries).map((line) => `- ${line}`);
  return [
    '## Precision',
    "The observer's own times, in ms: shown, never subtracted.",
    markdownTable(calibrationTable(entries)),
    ...(missing.length === 0 ? [] : [missing.join('\n')]),
  ];
}

function stateLine(record: RunRecord): string {
  const times = `Started ${record.startedAt}`;
  if (record.state === 'complete')
    return `${times}; ${record.plannedStarts} starts, warm-ups included.`;
  return `${times}. **This run is ${record.state}: not all of its ${record.plannedStarts} planned starts were made.**`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0
    ? []
    : [`## ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`];
}

function warningLines(record: RunRecord, summary: Summary): readonly string[] {
  return [
    ...[...summary.cells, ...summary.traced].flatMap((cell) =>
      cell.warnings.map((warning) => `${cell.id}: ${warningText(warning)}`),
    ),
    ...hostWarnings(record.host.facts).map((warning) => `host: ${warningText(warning)}`),
  ];
}

function hostLines(record: RunRecord): readonly string[] {
  const { facts, kvm, fingerprint } = record.host;
  return [
    ...shownFacts.map((key) => `${hostFactTable[key].label}: ${showFact(key, facts[key])}`),
    describeKvmSpeed(kvm),
    ...record.qemus.map((qemu) => `${qemu.version.full}, sha256 ${qemu.sha256.slice(0, 16)}`),
    ...(record.runtimes ?? []).map(
      ({ version, sha256 }) => `${version}, sha256 ${sha256.slice(0, 16)}`,
    ),
    `fingerprint ${fingerprint.slice(0, 16)}`,
  ];
}

function cellLines(record: RunRecord): readonly string[] {
  return record.cells.map((cell) =>
    cell.failure !== undefined
      ? `${cell.id}: nothing was started: ${cell.failure}`
      : isRuntime(cell.tier)
        ? containerLine(cell)
        : machineLine(cell),
  );
}

function containerLine(cell: RecordedCell): string {
  return `${cell.id}: PID 1 of a container of ${cell.qemuVersion}, at most ${cell.memoryMiB} MiB, working set ${cell.workingSetMiB} MiB, program sha256 ${(cell.initramfsSha256 ?? '').slice(0, 16)}`;
}

function machineLine(cell: RecordedCell): string {
  return `${cell.id}: guest ${cell.guest.name} ${cell.guestVersion}, machine ${cell.machine}, firmware ${cell.firmwareKind}, CPU ${cell.cpu}, working set ${cell.workingSetMiB} MiB, kernel sha256 ${cell.kernelSha256?.slice(0, 16)}`;
}
