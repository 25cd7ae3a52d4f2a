/** What clones of one tenant share, and what those of two tenants do. Pure. */
import { observedFields, type ObservedName } from '../../observed.js';
import type { SampleRecord } from '../../results/columns.js';
import type { RecordedTemplate } from '../../results/record.js';
import type { StoredRun } from '../../results/run-folder.js';
import { noTenant } from '../../tenants.js';

/** `fixed`: not a secret, for the kernel puts it at the same place everywhere. */
export type Sharing = 'shared' | 'not shared' | 'partly shared' | 'fixed' | 'unknown';

export interface PairFinding {
  /** The same name twice: clones of one tenant. */
  readonly tenants: readonly [string, string];
  /** By {@link comparedThings}. */
  readonly things: Readonly<Record<string, Sharing>>;
}

/** Kernel addresses without KASLR, as Linux on x86-64 documents them. */
const fixedAddresses: Readonly<Partial<Record<ObservedName, string>>> = {
  kernelText: 'ffffffff81000000',
  directMap: 'ffff888000000000',
};

const secretNames = [
  ...(['bootId', 'initRandom', 'initStack', 'kernelText', 'directMap'] as const),
];

const pages = 'file behind guest RAM';
const mapped = 'pages of guest RAM while alive together';

/** What is compared, by its title. */
export const comparedThings = [
  ...secretNames.map((name) => observedFields[name].title),
  ...[pages, mapped],
] as const;

/** The clones of one template: for each thing, what those told that told it. */
interface TemplateClones {
  readonly tenant: string;
  readonly told: Readonly<Record<string, readonly string[]>>;
  readonly ram: readonly SharedRam[];
}

/** Guest RAM of a clone that was not the only one alive. */
interface SharedRam {
  readonly rssKiB: number;
  readonly pssKiB: number;
}

/** Every tenant with itself, then every two of them; none where the run has no tenants. */
export function pairFindings(run: StoredRun): readonly PairFinding[] {
  const clones = templatesOfTenants(run).map((template) => clonesOf(template, run));
  const tenants = [...new Set(clones.map(({ tenant }) => tenant))];
  const of = (name: string) => clones.filter(({ tenant }) => tenant === name);
  const own = tenants.map((name) => ({ tenants: [name, name] as const, things: within(of(name)) }));
  const pairs = tenants.flatMap((a, index) =>
    tenants.slice(index + 1).map((b) => ({
      tenants: [a, b] as const,
      things: between(of(a), of(b)),
    })),
  );
  return [...own, ...pairs];
}

export function templatesOfTenants({ record }: StoredRun): readonly RecordedTemplate[] {
  return (record.templates ?? []).filter(({ tenant }) => tenant !== noTenant.name);
}

function clonesOf({ tenant, cells }: RecordedTemplate, run: StoredRun): TemplateClones {
  const rows = run.samples.filter(({ cell = '', state }) => state === 'ok' && cells.includes(cell));
  const observed = (run.observed ?? []).filter(({ cell }) => cells.includes(cell));
  const secrets = secretNames.map((name) => [
    observedFields[name].title,
    observed.map(({ fields }) => fields[name]).filter((value) => value !== ''),
  ]);
  const files = rows.map((row) => row['ram_file'] ?? '').filter((file) => file !== '');
  const told = { ...Object.fromEntries(secrets), [pages]: files } as TemplateClones['told'];
  return { tenant, told, ram: rows.flatMap(sharedRam) };
}

function sharedRam(row: SampleRecord): readonly SharedRam[] {
  const together = Number(row['alive']) > 1 || Number(row['concurrency']) > 1;
  const [rssKiB, pssKiB] = [row['ram_rss_kib'] ?? '', row['ram_pss_kib'] ?? ''];
  if (!together || row['phase'] !== 'measure' || rssKiB === '' || pssKiB === '') return [];
  return [{ rssKiB: Number(rssKiB), pssKiB: Number(pssKiB) }];
}

function within(templates: readonly TemplateClones[]): PairFinding['things'] {
  const things = [...comparedThings].map((thing) => {
    const found = templates.map((template) =>
      thing === mapped ? ofMapping(template.ram) : ofValues(thing, template.told[thing] ?? []),
    );
    const known = new Set(found.filter((sharing) => sharing !== 'unknown'));
    const [only = 'unknown'] = known;
    return [thing, known.size > 1 ? 'partly shared' : only];
  });
  return Object.fromEntries(things) as PairFinding['things'];
}

function ofValues(thing: string, values: readonly string[]): Sharing {
  const distinct = new Set(values).size;
  if (values.length < 2) return 'unknown';
  if (isFixed(thing, values)) return 'fixed';
  if (distinct === 1) return 'shared';
  return distinct === values.length ? 'not shared' : 'partly shared';
}

/** PSS counts a page that others map, too, in part only. */
function ofMapping(ram: readonly SharedRam[]): Sharing {
  const shared = ram.filter(({ rssKiB, pssKiB }) => pssKiB < rssKiB).length;
  if (ram.length === 0) return 'unknown';
  if (shared === ram.length) return 'shared';
  return shared === 0 ? 'not shared' : 'partly shared';
}

function between(
  a: readonly TemplateClones[],
  b: readonly TemplateClones[],
): PairFinding['things'] {
  const things = comparedThings.map((thing) => {
    // Clones of two tenants can have a page in common only where they map the same file.
    const key = thing === mapped ? pages : thing;
    const [first, second] = [a, b].map((side) => side.flatMap(({ told }) => told[key] ?? []));
    return [thing, ofSides(thing, first ?? [], second ?? [])];
  });
  return Object.fromEntries(things) as PairFinding['things'];
}

function ofSides(thing: string, a: readonly string[], b: readonly string[]): Sharing {
  if (a.length === 0 || b.length === 0) return 'unknown';
  if (isFixed(thing, [...a, ...b])) return 'fixed';
  const other = new Set(b);
  const shared = new Set(a.filter((value) => other.has(value))).size;
  return shared === 0 ? 'not shared' : 'shared';
}

function isFixed(thing: string, values: readonly string[]): boolean {
  const name = secretNames.find((secret) => observedFields[secret].title === thing);
  const fixed = name === undefined ? undefined : fixedAddresses[name];
  return fixed !== undefined && values.every((value) => value === fixed);
}
