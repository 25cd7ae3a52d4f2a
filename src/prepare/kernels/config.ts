/** A kernel's configuration: read, and two of them compared. Pure. */

/** Options that are on, by name without `CONFIG_`: `y`, `m`, a number or a text in quotes. */
export type KernelConfig = ReadonlyMap<string, string>;

export function parseConfig(text: string): KernelConfig {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^CONFIG_(\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && value !== 'n') found.set(name, value);
  }
  return found;
}

/** What tells two configurations apart; names are sorted. */
export interface ConfigDifference {
  readonly onlyFirst: readonly ConfigOption[];
  readonly onlySecond: readonly ConfigOption[];
  readonly changed: readonly {
    readonly name: string;
    readonly first: string;
    readonly second: string;
  }[];
  /** How many options have the same value in both. */
  readonly same: number;
}

export interface ConfigOption {
  readonly name: string;
  readonly value: string;
}

export function compareConfigs(first: KernelConfig, second: KernelConfig): ConfigDifference {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const onlyFirst: ConfigOption[] = [];
  const onlySecond: ConfigOption[] = [];
  const changed: { name: string; first: string; second: string }[] = [];
  for (const name of names) {
    const [a, b] = [first.get(name), second.get(name)];
    if (a !== undefined && b === undefined) onlyFirst.push({ name, value: a });
    if (a === undefined && b !== undefined) onlySecond.push({ name, value: b });
    if (a !== undefined && b !== undefined && a !== b) changed.push({ name, first: a, second: b });
  }
  const differing = onlyFirst.length + onlySecond.length + changed.length;
  return { onlyFirst, onlySecond, changed, same: names.length - differing };
}

/** How many options are built in, are modules, or have another value. */
export function countOptions(config: KernelConfig): {
  readonly builtIn: number;
  readonly modules: number;
  readonly valued: number;
} {
  const values = [...config.values()];
  const [builtIn, modules] = ['y', 'm'].map((kind) => values.filter((value) => value === kind));
  const counts = { builtIn: builtIn?.length ?? 0, modules: modules?.length ?? 0 };
  return { ...counts, valued: values.length - counts.builtIn - counts.modules };
}
