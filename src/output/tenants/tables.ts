/** The findings on tenants as rows of text: for the terminal, report.md and report.html alike. */
import type { RecordedTemplate } from '../../results/record.js';
import type { StoredRun } from '../../results/run-folder.js';
import { templatesCosts } from './costs.js';
import {
  comparedThings,
  pairFindings,
  templatesOfTenants,
  type PairFinding,
  type Sharing,
} from './findings.js';

/** What a reader takes away: who shares what, what it costs, and who may read it. */
export function tenantLines(run: StoredRun): readonly string[] {
  const templates = templatesOfTenants(run);
  if (templates.length === 0) return [];
  return [...pairLines(pairFindings(run)), ...costLines(templates), ...ownerLines(templates)];
}

/** Tenants of whom the same is to be said share a line. */
function pairLines(findings: readonly PairFinding[]): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const finding of findings) {
    const {
      tenants: [a, b],
    } = finding;
    const who = a === b ? 'clones of one tenant' : 'clones of two tenants';
    const key = JSON.stringify([who, verdict(finding)]);
    lines.set(key, [...(lines.get(key) ?? []), a === b ? a : `${a} and ${b}`]);
  }
  return [...lines].map(([key, pairs]) => {
    const [who = '', said = ''] = JSON.parse(key) as readonly string[];
    return `${who} (${pairs.join(', ')}): ${said}`;
  });
}

function verdict({ things }: PairFinding): string {
  const of = (wanted: Sharing) => comparedThings.filter((thing) => things[thing] === wanted);
  const parts = (['shared', 'not shared', 'partly shared', 'unknown'] as const)
    .map((sharing) => ({ sharing, names: of(sharing) }))
    .filter(({ names }) => names.length > 0)
    .map(({ sharing, names }) => `${sharing}: ${names.join(', ')}`);
  const fixed = of('fixed').length === 0 ? [] : ["the kernel's addresses are fixed (no KASLR)"];
  return [...parts, ...fixed].join('; ');
}

function costLines(templates: readonly RecordedTemplate[]): readonly string[] {
  const all = templatesCosts(templates).at(-1);
  if (all === undefined) return [];
  const reused = templates.filter((template) => template.reused).length;
  const earlier = reused === 0 ? '' : ` (${reused} of them in an earlier run)`;
  const time = all.madeMs === undefined ? 'a time that nobody noted' : showSeconds(all.madeMs);
  return [
    `${all.templates} templates cost ${time} to make${earlier} and ${showMiB(all.residentBytes)} of memory for their RAM`,
  ];
}

/** Who keeps other tenants out of the files: users where they differ, else modes alone. */
function ownerLines(templates: readonly RecordedTemplate[]): readonly string[] {
  const tenants = new Set(templates.map(({ tenant }) => tenant));
  const users = new Set(templates.map(({ owner }) => owner.uid));
  const modes = [...new Set(templates.map(({ owner }) => owner.mode))].join(', ');
  if (users.size >= tenants.size && tenants.size > 1) {
    return [
      `the tenants' templates belong to a user each (${[...users].join(', ')}), folders of mode ${modes}; QEMUs run as the harness's user`,
    ];
  }
  return [
    `the templates belong to user ${[...users].join(', ')}, folders of mode ${modes}: only root can give each tenant's to a user of its own, so modes alone keep others out`,
  ];
}

export const templateHead = [
  ...['tenant', 'made in', 'in this run', 'RAM', 'of it in memory', 'state', 'user', 'mode'],
] as const;

export function templateRows(
  templates: readonly RecordedTemplate[],
): readonly (readonly string[])[] {
  return templates.map((template) => [
    template.tenant,
    template.madeMs === undefined ? '-' : showSeconds(template.madeMs),
    template.reused ? 'no' : 'yes',
    showMiB(template.ramBytes),
    showMiB(template.residentBytes),
    showMiB(template.stateBytes),
    String(template.owner.uid),
    template.owner.mode,
  ]);
}

export const costHead = ['templates', 'made in', 'RAM', 'of it in memory', 'state'] as const;

export function costRows(templates: readonly RecordedTemplate[]): readonly (readonly string[])[] {
  return templatesCosts(templates).map((cost) => [
    String(cost.templates),
    cost.madeMs === undefined ? '-' : showSeconds(cost.madeMs),
    showMiB(cost.ramBytes),
    showMiB(cost.residentBytes),
    showMiB(cost.stateBytes),
  ]);
}

export function pairHead(findings: readonly PairFinding[]): readonly string[] {
  return [
    'what',
    ...findings.map(({ tenants: [a, b] }) => (a === b ? `within ${a}` : `${a} and ${b}`)),
  ];
}

export function pairRows(findings: readonly PairFinding[]): readonly (readonly string[])[] {
  return comparedThings.map((thing) => [
    thing,
    ...findings.map(({ things }) => words[things[thing] ?? 'unknown']),
  ]);
}

const words: Readonly<Record<Sharing, string>> = {
  shared: 'shared',
  'not shared': 'not shared',
  'partly shared': 'partly shared',
  fixed: 'fixed (no KASLR)',
  unknown: '-',
};

function showSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function showMiB(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
